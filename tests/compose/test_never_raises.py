"""Whatever a template and its data are, what comes out is a message or a ComposeError."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from engine.compose.composer import Composer, Recipient
from engine.compose.environment import MessageEnvironment
from engine.errors import ComposeError
from engine.types import Person

NOW = datetime(2026, 3, 1, 18, tzinfo=UTC)
FILTERS = sorted(MessageEnvironment({}).filters)

PATHS = st.sampled_from(
    [
        *(
            "customer.a",
            "customer.a.b",
            "customer.list[0]",
            "customer[trigger.k]",
            "customer.list",
            "trigger",
            "trigger.x",
        ),
        *(
            "x",
            "forloop.index",
            "item.a",
            "'now'",
            "'text'",
            "''",
            "12",
            "-1.5",
            "1e3",
            "true",
            "nil",
            "empty",
            "blank",
        ),
        *("(1..3)", "(trigger.x..customer.a)"),
    ]
)
CALLS = st.builds(
    lambda name, arguments: f"{name}: {', '.join(arguments)}" if arguments else name,
    st.sampled_from(FILTERS),
    st.lists(PATHS, max_size=3),
)
EXPRESSIONS = st.builds(lambda left, calls: " | ".join([left, *calls]), PATHS, st.lists(CALLS, max_size=4))
CONDITIONS = st.builds(
    lambda a, op, b: f"{a} {op} {b}",
    PATHS,
    st.sampled_from(["==", "!=", "<", ">", "<=", ">=", "contains", "and", "or"]),
    PATHS,
)


def blocks(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds(
            "{{% if {} %}}{}{{% elsif {} %}}{}{{% else %}}{}{{% endif %}}".format,
            CONDITIONS,
            inner,
            CONDITIONS,
            inner,
            inner,
        ),
        st.builds("{{% unless {} %}}{}{{% endunless %}}".format, CONDITIONS, inner),
        st.builds("{{% for item in {} %}}{}{{% else %}}{}{{% endfor %}}".format, PATHS, inner, inner),
        st.builds(
            "{{% for item in {} limit: {} offset: {} reversed %}}{}{{% endfor %}}".format, PATHS, PATHS, PATHS, inner
        ),
        st.builds(
            "{{% case {} %}}{{% when {}, {} %}}{}{{% else %}}{}{{% endcase %}}".format,
            PATHS,
            PATHS,
            PATHS,
            inner,
            inner,
        ),
        st.builds("{{% capture x %}}{}{{% endcapture %}}".format, inner),
        st.builds("{}{}".format, inner, inner),
    )


LEAVES = st.one_of(
    st.text(max_size=12),
    st.builds("{{{{ {} }}}}".format, EXPRESSIONS),
    st.builds("{{% assign x = {} %}}".format, EXPRESSIONS),
    st.builds("{{% render 'one', a: {} %}}".format, PATHS),
    st.builds("{{% cycle {}, {} %}}".format, PATHS, PATHS),
    st.sampled_from(
        [
            "https://acme.example/a",
            "{% increment x %}",
            "{% break %}",
            "{% comment %}x{% endcomment %}",
            "{{",
            "{%",
            "%}",
        ]
    ),
)
TEMPLATES = st.recursive(LEAVES, blocks, max_leaves=12)
DATA = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=30),
        st.sampled_from(["2026-03-01", "x" * 30_000]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=5),
        st.dictionaries(st.sampled_from(["a", "b", "list", "x", "k", "size", "first"]), inner, max_size=5),
    ),
    max_leaves=12,
)
OBJECTS = st.dictionaries(
    st.sampled_from(["a", "b", "list", "x", "k", "phone", "language", "country"]), DATA, max_size=6
)


def outcome(made: Composer, customer: dict[str, Any], trigger: dict[str, Any]) -> str:
    recipient = Recipient(Person("acme", "ada", "+14155550123", customer), data=trigger)
    try:
        return made.compose("t", recipient, message_id=None, now=NOW).body
    except ComposeError as error:
        return error.reason


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(template=TEMPLATES, customer=OBJECTS, trigger=OBJECTS)
@example(template="{{ customer.a | times: customer.a }}", customer={"a": float("inf")}, trigger={})
@example(template="{{ customer.a | round: customer.b }}", customer={"a": 1.5, "b": 10**30}, trigger={})
@example(template="{{ customer.a | slice: -5, 99999999999999999999 }}", customer={"a": "abc"}, trigger={})
@example(template="{{ customer.list | sort }}", customer={"list": [1, "a", None, {}]}, trigger={})
@example(template="{{ customer.a | date: '%Y' }}", customer={"a": 10**11}, trigger={})
def test_templates_from_the_grammar(
    make: Any, template: str, customer: dict[str, Any], trigger: dict[str, Any]
) -> None:
    made = make({"t": {"body": template}}, snippets={"one": "{{ a }}{{ customer.a | default: 1 }}"})
    first = outcome(made, customer, trigger)
    assert outcome(made, customer, trigger) == first


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(template=st.text(alphabet="{}%|:'\"[]().,- =<>!abx1\nifendrcu", max_size=60))
@pytest.mark.parametrize("field", ["body", "to", "media"])
def test_any_text_at_all(make: Any, field: str, template: str) -> None:
    written = {"body": "Hi", field: [template] if field == "media" else template}
    made = make({"t": written})
    first = outcome(made, {"a": 1}, {})
    assert outcome(made, {"a": 1}, {}) == first
