"""Records what providers say: many calls in one transaction, each a part of it that can fail by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.contracts import Provider
from engine.delivery.callbacks import Told, record_statuses
from engine.delivery.hands import message_event
from engine.delivery.live import Live
from engine.errors import StateUnavailable
from engine.inbound.receive import Incoming, Received, receive, receive_all
from engine.plugins import Plugins
from engine.record import record
from engine.store import Store
from engine.types import Clock, Event, InboundMessage, MessageState, OutboundMessage, StatusUpdate
from engine.web.inline import IN_ANSWER, Inline
from engine.web.lines import Lines, OpenLine


@record
class Call:
    """What a call says to a workspace. `in_answer` tells whether a reply may stand in the answer to it."""

    workspace: str
    said: Sequence[InboundMessage | StatusUpdate]
    in_answer: bool


@record
class Recorded:
    """What became of a text (`received`) or of a status. `reply` is what stands in the answer to the call, where the
    workspace wants it there."""

    events: tuple[Event, ...]
    received: Received | None = None
    reply: OutboundMessage | None = None


@record
class Failed:
    """Why a call is not recorded."""

    error: Exception


Outcome = Sequence[Recorded] | Failed


class Recorder:
    """Writes to the state, on one thread. `lines` is what the live release makes of what is said."""

    def __init__(self, store: Store, plugins: Plugins, live: Live, clock: Clock, owner: str) -> None:
        self._store = store
        self._live = live
        self._clock = clock
        self._inline = Inline(store, plugins, live, owner)
        self.lines = Lines.of(live)

    def record(self, calls: Sequence[Call]) -> Sequence[Outcome]:
        """Records calls, under the newest release; what becomes of each is what would become of it if they came one
        after the other. Raises StateUnavailable: then nothing is recorded."""
        if self._live.refresh():
            self.lines = Lines.of(self._live)
        if not any(call.said for call in calls):
            return [()] * len(calls)
        try:
            return self._all(calls)
        except StateUnavailable:
            raise
        except Exception:  # noqa: BLE001 # one of them is at fault; the others are done without it
            with self._store.together():
                return [self._alone(call) for call in calls]

    def _alone(self, call: Call) -> Outcome:
        try:
            return self._all([call])[0]
        except StateUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 # whoever waits for it is told
            return Failed(error)

    def _all(self, calls: Sequence[Call]) -> list[list[Recorded]]:
        now = self._clock()
        done: dict[int, Recorded] = {}
        incoming: dict[int, Incoming] = {}
        told: dict[int, Told] = {}
        place = 0
        with self._store.together():
            for call in calls:
                line = self.lines.of_workspace(call.workspace) if call.said else None
                for one in call.said:
                    assert line is not None  # noqa: S101 # something is said
                    if isinstance(one, StatusUpdate):
                        done[place] = Recorded(())
                        if line.provider is not None:
                            told[place] = Told(line.line.name, line.line.workspace, line.provider.judge, one)
                    elif call.in_answer and line.provider is not None and line.provider.replies_inline:
                        done[place] = self._answered(line, line.provider, one)
                    else:
                        incoming[place] = Incoming(line.line, line.router, one)
                    place += 1
            for at, received in zip(incoming, receive_all(self._store, [*incoming.values()], now=now), strict=True):
                done[at] = Recorded(received.events, received)
            for at, made in zip(told, record_statuses(self._store, [*told.values()], now), strict=True):
                done[at] = Recorded(tuple(message_event(one.id, one.state, one.reason, one.at) for one in made))
        each = iter(range(place))
        return [[done[next(each)] for _ in call.said] for call in calls]

    def _answered(self, line: OpenLine, provider: Provider[Any], message: InboundMessage) -> Recorded:
        """Records a text whose reply may stand in the answer."""
        now = self._clock()
        received = receive(self._store, line.line, message, now=now, router=line.router)
        reply = self._inline.reply(line, provider, message, received, now)
        if reply is None:
            return Recorded(received.events, received)
        answered = message_event(reply.id, MessageState.IN_DOUBT, IN_ANSWER, now)
        return Recorded((*received.events, answered), received, reply)
