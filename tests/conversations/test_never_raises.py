"""Whatever people write, and whatever a test expects, a conversation is played to its end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.config.conversations import Conversation
from engine.config.models import Workspace
from engine.testing.conversations.junit import junit
from engine.testing.conversations.suite import Suite
from engine.testing.conversations.text import failure_lines
from engine.types import MessageState, Source

ROOT = Path(__file__).parent.parent.parent
WORDS = ["join", "STOP", "stop.", "start", "yes", "help", "Ayuda", "open?", "wrong order", "A-1041", "5", "no more", ""]
NUMBERS = ["+14155550123", "+447911123456", "(415) 555-0199", "123", "no number", ""]
VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.lists(st.integers(), max_size=2)
ATTRIBUTES = st.dictionaries(st.sampled_from(["id", "phone", "mobile", "points", "first_name", "language"]), VALUES)
TEXTS = st.sampled_from(WORDS) | st.text(max_size=20)
"""Some numbers on purpose are none."""


@cache
def example() -> Suite:
    return Suite.open(ROOT / "config", trace=True)


def expectations() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {},
        optional={
            "rule": st.none() | st.sampled_from(["join", "consent.stop"]),
            "replies": st.lists(st.text(alphabet="Hi …\n", max_size=8), max_size=2),
            "person": ATTRIBUTES,
            "events": st.lists(st.sampled_from(["club_joined", "x"]), max_size=2),
            "consent": st.sampled_from(["unknown", "subscribed", "stopped"]),
            "state": st.sampled_from(list(MessageState)),
            "reason": st.none() | st.text(max_size=5),
        },
    )


def steps(workspace: Workspace) -> st.SearchStrategy[dict[str, Any]]:
    senders = [name for name, sender in workspace.senders.items() if sender.alphanumeric is None]
    text = st.fixed_dictionaries(
        {"text": TEXTS}, optional={"to": st.sampled_from(senders), "from": st.sampled_from(NUMBERS)}
    )
    send = st.fixed_dictionaries(
        {"template": st.sampled_from(sorted(workspace.templates))},
        optional={"data": st.dictionaries(st.sampled_from(["order", "parcel", "code"]), VALUES, max_size=2)},
    )
    wait = st.timedeltas(timedelta(0), timedelta(days=3))
    one = st.one_of(
        text.map(lambda it: {"receive": it}), send.map(lambda it: {"send": it}), wait.map(lambda it: {"wait": it})
    )
    return st.tuples(one, expectations()).map(lambda pair: {**pair[0], "expect": pair[1]})


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_random_conversations(data: st.DataObject) -> None:
    suite = example()
    name = data.draw(st.sampled_from(sorted(suite.project.workspaces)))
    workspace = suite.project.workspaces[name]
    conversation = Conversation.model_validate(
        {
            "name": data.draw(st.text(min_size=1, max_size=5)),
            "person": data.draw(st.sampled_from(sorted(workspace.people)) | ATTRIBUTES),
            "consent": data.draw(st.sampled_from(["unknown", "subscribed", "stopped"])),
            "at": data.draw(st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))),  # noqa: DTZ001 # made aware
            "steps": data.draw(st.lists(steps(workspace), min_size=1, max_size=8)),
        }
    )
    result = suite.play(name, conversation, lambda field: Source(field or "test", 1))
    assert len(result.steps) == len(conversation.steps)
    assert list(failure_lines(result))
    assert junit([result]).endswith(b"</testsuites>\n")
