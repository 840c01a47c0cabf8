"""Any text and any rules: nothing raises, and a text meets the same rule wherever it is asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.config.explain import Checker
from engine.config.keywords import check_keywords
from engine.config.models import EngineConfig, Project, Workspace
from engine.config.snapshot import restore, snapshot
from engine.config.text import Report
from engine.config.words import normalise, plain
from engine.config.yamlfile import Document
from engine.inbound.keywords import Routed, Router
from engine.inbound.line import Line
from engine.inbound.receive import receive
from engine.state.memory import Beginning
from engine.store import Store
from engine.types import InboundMessage

NOW = datetime(2026, 3, 1, 18, tzinfo=UTC)
SENDERS = {"support": "+14155550100", "brand": "67076"}
VOCABULARY = [
    "join", "JOIN", "Jóin!", "coffee", "coffee now", "sign up", "please sign up", "stop", "Stop.", "help", "yes", "no",
    "ＪＯＩＮ", "café", "5", "👍", "👍🏽", "हाँ", "がき", "かき", "opt-out", "arrêt", "İ", "ß", "x" * 200,
    "join, coffee; stop",
]  # fmt: skip
PATTERNS = ["join", "^[0-9]+$", ".*", r"\bjo", "(a|b)*c", "^$", "é", "(?i)COFFEE", r"\d{2,}", "."]

any_text = st.one_of(
    st.sampled_from(VOCABULARY),
    st.lists(st.sampled_from(VOCABULARY), max_size=4).map(" ".join),
    st.text(max_size=60),
    # Half characters, combining marks, and what nobody sees: none of it is text that a phone would send.
    st.text(st.characters(categories=["Cs", "Mn", "Mc", "Me", "Cf", "Cc", "Zs", "So", "Sk"]), max_size=20),
)
words = st.one_of(st.sampled_from(VOCABULARY), st.text(min_size=1, max_size=12))
listening = st.sampled_from([None, ["support"], ["brand"], ["support", "brand"]])


def worded(match: str, form: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Rules of one kind, with words of which something is left."""
    return st.fixed_dictionaries(
        {"match": st.just(match), "words": st.lists(words.filter(form), min_size=1, max_size=3), "senders": listening}
    )


rules = st.one_of(
    worded("exact", normalise),
    worded("first-word", lambda text: normalise(text) and " " not in normalise(text)),
    worded("phrase", plain),
    st.fixed_dictionaries(
        {
            "match": st.just("pattern"),
            "words": st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=2),
            "senders": listening,
        }
    ),
    st.fixed_dictionaries({"match": st.just("any"), "senders": listening}),
)
rule_sets = st.lists(rules, max_size=6).map(lambda found: {f"r{index}": rule for index, rule in enumerate(found)})


def workspace_of(rule_set: dict[str, Any]) -> Workspace:
    """A workspace with these rules and two senders."""
    senders = {name: {"number": value, "kind": "long-code"} for name, value in SENDERS.items()}
    return Workspace.model_validate(
        {
            "settings": {"name": "Acme", "business": {"country": "US"}},
            "senders": senders,
            "keywords": rule_set,
        }
    )


def as_applied(workspace: Workspace) -> Workspace:
    """The same after it was applied: written down, and read again."""
    project = Project(engine=EngineConfig(engine=1, plugins=[]), workspaces={"acme": workspace})
    written = json.dumps(snapshot(project), sort_keys=True)
    return restore(json.loads(written)).workspaces["acme"]


@dataclass
class Served:
    """A state that texts come to, each from a phone of its own, so that nobody has stopped."""

    store: Store
    count: int = 0

    def rule(self, line: Line, text: str, router: Router, *, sender: str) -> Routed:
        """Takes a text in, as a webhook would, and gives what it met; what was kept of it must say the same."""
        self.count += 1
        message = InboundMessage(f"SM{self.count}", f"phone {self.count}", SENDERS[sender], text)
        routed = receive(self.store, line, message, now=NOW, router=router).routed
        if self.count % 10 == 0:
            (kept,) = self.store.texts(newest=1)
            assert (kept.provider_id, kept.outcome["rule"]) == (message.provider_id, routed.name)
        return routed


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    store = Beginning().copy()
    yield Served(store)
    store.close()


@settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(rule_set=rule_sets, texts=st.lists(any_text, min_size=10, max_size=10), sender=st.sampled_from([*SENDERS]))
def test_a_text_meets_the_same_rule_everywhere(
    served: Served, rule_set: dict[str, Any], texts: list[str], sender: str
) -> None:
    """`engine route` reads the config; `serve` and `test` take texts in, `serve` under what was applied."""
    workspace = workspace_of(rule_set)
    applied = as_applied(workspace)
    route, serve = (Router(one.keywords, one.consent) for one in (workspace, applied))
    line = Line("acme", applied, "r1", provider_answers=False)
    for text in texts:
        routed = route.route(text, sender=sender)
        assert routed.because
        assert route.route(text, sender=sender) == routed
        assert served.rule(line, text, serve, sender=sender) == routed
        tried = [trial.rule for trial in route.trials(routed, sender=sender)]
        assert routed.rule not in tried
        if routed.rule is None and routed.meaning is None:
            assert len(tried) == len(rule_set)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(rule_set=rule_sets, texts=st.lists(any_text, min_size=10, max_size=10))
def test_a_rule_that_validation_calls_shadowed_never_wins(rule_set: dict[str, Any], texts: list[str]) -> None:
    document = Document(json.dumps({"keywords": rule_set}), "keywords.yaml", Report())
    check_keywords(Checker(document), "acme", rule_set, {name: {} for name in SENDERS}, {})
    shadowed = {
        finding.address.rpartition("/")[2]
        for finding in document.report.findings
        if finding.code == "keyword.shadowed" and finding.address is not None
    }
    workspace = workspace_of(rule_set)
    router = Router(workspace.keywords, workspace.consent)
    for text in (*texts, *(word for rule in rule_set.values() for word in rule.get("words", ()))):
        for sender in SENDERS:
            assert router.route(text, sender=sender).rule not in shadowed


@settings(max_examples=250, deadline=None, database=None)
@given(any_text)
def test_the_form_of_a_text_is_its_own_form(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)
    assert plain(plain(text)) == plain(text)
    assert plain(normalise(text)) == plain(text)
    assert normalise(f"  {text.upper()}  ") == normalise(text.upper())
