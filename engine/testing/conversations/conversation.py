"""Plays one conversation, and looks at what came of each step."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.audience.import_ import Importer
from engine.audience.rows import Rejection, Row
from engine.config.conversations import Conversation, Receive, SendStep, Step
from engine.config.values import print_duration
from engine.delivery.queueing import Recipients, queue
from engine.errors import EngineError, InvalidNumber, UsageError
from engine.inbound.receive import Received, receive
from engine.outbox import MessageRecord
from engine.testing.context import ManualClock
from engine.testing.conversations.expectations import unmet
from engine.testing.conversations.heard import Heard
from engine.testing.conversations.outbox import Outbox, Phones
from engine.testing.conversations.results import Failure, Result, StepResult
from engine.testing.conversations.scene import BEGINNING, Scene
from engine.types import Consent, ConsentState, InboundMessage, Json, OutboundMessage, Person, Source

PERSON = "person"
"""The id of a person whose test gives none."""

Places = Callable[[str], Source]
"""Gives where a field of the test stands, as in `steps.0.expect.rule`; the test itself for an empty one."""


def play(scene: Scene, test: Conversation, places: Places, clock: ManualClock, heard: Heard) -> Result:
    """Plays every step of a test, also behind one that failed. What was heard of rules and answers goes to `heard`."""
    began = time.perf_counter()
    clock.now = test.at or BEGINNING
    run = _Run(scene, clock, heard)
    try:
        problem = _problem(lambda: run.begin(test))
        steps = []
        for index, step in enumerate(test.steps):
            at = f"steps.{index}"
            failures = run.play(step, lambda field, at=at: places(f"{at}.{field}" if field else at))  # type: ignore[misc]  # binds the loop's place
            if problem is not None:
                failures = [Failure("person", "somebody who can be known", problem, places("person")), *failures]
                problem = None
            steps.append(StepResult(index + 1, _title(step), places(at), tuple(failures)))
    finally:
        run.close()
    return Result(scene.name, test.name, places(""), steps, time.perf_counter() - began)


class _Run:
    """A conversation under way."""

    def __init__(self, scene: Scene, clock: ManualClock, heard: Heard) -> None:
        self._scene = scene
        self._clock = clock
        self._heard = heard
        self._store = scene.scenes.store()
        self._phones = Phones()
        self._outbox = Outbox(self._store, scene.scenes.live, scene.scenes.plugins, clock, self._phones)
        self._person = PERSON
        self._number: str | None = None
        self._sender: str | None = None  # the last one in use
        self._message: str | None = None  # the last one that was sent or answered with
        self._texts = 0  # that arrived
        self._answers: dict[str, str] = {}  # message → the rule that it answers
        # Of the present step.
        self._received: Received | None = None
        self._seen = 0

    def begin(self, test: Conversation) -> None:
        """Makes the person known. Raises EngineError."""
        workspace, name = self._scene.workspace, self._scene.name
        attributes: dict[str, Any] = {}
        if isinstance(test.person, str):
            attributes = {**workspace.people[test.person], "id": test.person}
        elif test.person:
            attributes = {"id": PERSON, **test.person}
        if attributes:
            rejections: list[Rejection] = []
            importer = Importer(self._store, name, workspace.settings, self._scene.normaliser, self._clock)
            importer.run([Row(1, attributes)], rejected=rejections.append)
            if rejections:
                raise UsageError(f"{rejections[0].field}: {rejections[0].message}")
            (known,) = self._store.people(name)
            self._person, self._number = known.id, known.phone
        if test.consent != "unknown" and self._number is not None:
            state = ConsentState(test.consent)
            self._store.record_consent([Consent(name, self._number, state, "import", self._clock.now, detail="test")])

    def play(self, step: Step, places: Places) -> list[Failure]:
        """Does a step; gives what was expected of it and did not happen."""
        self._received, self._seen = None, len(self._phones.texts)
        problem = _problem(lambda: self._do(step))
        if problem is not None:
            return [Failure("step", "a step that can be done", problem, places(""))]
        if step.expect is None:
            return []
        return list(unmet(step.expect, self._fact, lambda field: places(f"expect.{field}")))

    def close(self) -> None:
        """Tells which rules' answers arrived, and forgets everything."""
        for message, rule in self._answers.items():
            if message in self._phones.templates:
                self._heard.reply(self._scene.name, rule, self._phones.templates[message])
        self._store.close()

    def _do(self, step: Step) -> None:
        if step.receive is not None:
            self._receive(step.receive)
        elif step.send is not None:
            self._send(step.send)
        elif step.wait is not None:
            self._outbox.wait(step.wait)
        self._outbox.deliver()

    def _receive(self, text: Receive) -> None:
        scene = self._scene
        sender = text.to or self._sender or scene.first_sender
        if sender is None:
            raise UsageError("the workspace has no sender that can be texted")
        self._sender = sender
        self._texts += 1
        message = InboundMessage(
            f"text-{self._texts}",
            self._from(text.from_),
            scene.workspace.senders[sender].value,
            text.text,
            tuple(text.media),
        )
        received = receive(self._store, scene.line, message, now=self._clock.now, router=scene.router)
        self._received = received
        made = [*received.replies, *((received.started,) if received.started is not None else ())]
        self._message = made[0] if made else None
        rule = received.routed.name
        if rule is not None:
            self._heard.rule(scene.name, rule)
            self._answers.update(dict.fromkeys(made, rule))

    def _from(self, given: str | None) -> str:
        if given is None:
            if self._number is None:
                attribute = self._scene.workspace.settings.audience.phone_attribute
                raise UsageError(f"nobody can write: the person has no {attribute!r}, and the step no `from`")
            return self._number
        country = self._scene.workspace.settings.default_country
        try:
            number = self._scene.normaliser.normalise(given, country=country).number
        except InvalidNumber as error:
            raise UsageError(f"{given!r} is no phone number: {error.message}") from error
        # Who had no number so far is whoever writes first.
        self._number = self._number or number
        return number

    def _send(self, send: SendStep) -> None:
        queued = queue(
            self._store,
            self._scene.scenes.applied,
            self._scene.name,
            send.template,
            Recipients(person=self._person),
            data=send.data,
            key=None,
            now=self._clock.now,
        )
        self._message = queued.ids[0]

    def _fact(self, name: str) -> Json:
        """Gives what is there now for a field of `expect`."""
        facts: Mapping[str, Callable[[], Json]] = {
            "rule": lambda: self._received.routed.name if self._received is not None else None,
            "replies": lambda: [message.body for message in self._came()],
            "links": lambda: [link.url for message in self._came() for link in self._store.links(message.id)],
            "media": lambda: [url for message in self._came() for url in message.media],
            "person": self._attributes,
            "events": lambda: [event.name for event in self._received.events] if self._received is not None else [],
            "webhooks": self._webhooks,
            "consent": lambda: str(self._consent()),
            "topics": self._topics,
            "review": self._waits_for_review,
            "state": lambda: str(record.state) if (record := self._record()) is not None else None,
            "reason": self._reason,
        }
        return facts[name]()

    def _came(self) -> Sequence[OutboundMessage]:
        return self._phones.texts[self._seen :]

    def _attributes(self) -> Json:
        person = self._known()
        return dict(person.attributes) if person is not None else {}

    def _webhooks(self) -> Json:
        if self._received is None or self._received.call is None:
            return []
        calls = self._store.calls_of([(self._scene.name, f"text-{self._texts}")])
        return [call.webhook for call in calls]

    def _topics(self) -> Json:
        said = self._store.subscriptions(self._scene.name, self._number) if self._number is not None else ()
        return dict.fromkeys(self._scene.workspace.topics, "unknown") | {one.topic: str(one.state) for one in said}

    def _waits_for_review(self) -> Json:
        return self._number is not None and bool(
            self._store.reviews(workspace=self._scene.name, numbers=[self._number])
        )

    def _reason(self) -> Json:
        record = self._record()
        if record is not None:
            return record.reason
        return self._received.unanswered if self._received is not None else None

    def _known(self) -> Person | None:
        found = self._store.person(self._scene.name, self._person)
        if found is None and self._number is not None:
            found = next(iter(self._store.people_with_number(self._scene.name, self._number)), None)
        return found

    def _consent(self) -> ConsentState:
        if self._number is None:
            return ConsentState.UNKNOWN
        sender = ""
        if self._scene.workspace.consent.scope == "sender":
            sender = self._sender or self._scene.first_sender or ""
        return self._store.consent(self._scene.name, self._number, sender=sender)

    def _record(self) -> MessageRecord | None:
        return self._store.message(self._message) if self._message is not None else None


def _problem(do: Callable[[], None]) -> str | None:
    """Does it, and gives what was wrong with it."""
    try:
        do()
    except EngineError as error:
        return f"{error.message} ({error.hint})" if error.hint else error.message
    return None


def _title(step: Step) -> str:
    if step.receive is not None:
        to = f" to {step.receive.to}" if step.receive.to else ""
        return f"receive {step.receive.text!r}{to}"
    if step.send is not None:
        return f"send {step.send.template}"
    return f"wait {print_duration(step.wait)}" if step.wait is not None else ""
