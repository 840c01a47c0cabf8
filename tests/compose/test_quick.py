"""The quick way to render a text gives what python-liquid gives, or nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from liquid.exceptions import LiquidError

from engine.compose.budget import BUILT, OUTPUT
from engine.compose.environment import Context, MessageEnvironment, Output
from engine.compose.quick import MOST, quick

NOW = datetime(2026, 3, 1, 18, tzinfo=UTC)
ENVIRONMENT = MessageEnvironment({})

PATHS = st.sampled_from(
    [
        *("customer.a", "customer.b", "customer.a.b", "customer.list", "customer['a b']", "customer", "trigger.a"),
        *("customer.list.size", "customer.list[0]", "customer[trigger.a]", "workspace.name", "partial", "x"),
    ]
)
LITERALS = st.sampled_from(["'text'", "''", "12", "-1.5", "true", "false", "nil", "blank", "empty", "(1..3)"])
VALUES = st.one_of(PATHS, PATHS, LITERALS)
CALLS = st.one_of(
    st.builds("default: {}".format, VALUES),
    st.builds("{}: {}".format, st.sampled_from(["append", "plus", "truncate", "times", "split"]), VALUES),
    st.builds("replace: {}, {}".format, VALUES, VALUES),
    st.builds("default: {}, allow_false: true".format, VALUES),
    st.sampled_from(["upcase", "capitalize", "titlecase", "size", "date: '%Y'", "strip", "first", "join"]),
)
EXPRESSIONS = st.builds(lambda left, calls: " | ".join([left, *calls]), VALUES, st.lists(CALLS, max_size=3))
COMPARISONS = st.one_of(
    VALUES,
    st.builds("{} {} {}".format, VALUES, st.sampled_from(["==", "!=", "<", ">", "<=", ">=", "contains"]), VALUES),
)
CONDITIONS = st.builds(
    lambda first, rest: " ".join([first, *(f"{word} {one}" for word, one in rest)]),
    COMPARISONS,
    st.lists(st.tuples(st.sampled_from(["and", "or"]), COMPARISONS), max_size=2),
)
LEAVES = st.one_of(
    st.sampled_from(["Hi ", " ", "\n", "é", "{% assign x = customer.a %}", "{% if customer.a %} {% endif %}"]),
    st.builds("{{{{ {} }}}}".format, EXPRESSIONS),
    st.builds("{{{{- {} -}}}}".format, EXPRESSIONS),
)
TEMPLATES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds("{}{}".format, inner, inner),
        st.builds("{{% if {} %}}{}{{% endif %}}".format, CONDITIONS, inner),
        st.builds("{{% unless {} %}}{}{{% else %}}{}{{% endunless %}}".format, CONDITIONS, inner, inner),
        st.builds(
            "{{% if {} %}}{}{{% elsif {} %}}{}{{% else %}}{}{{% endif %}}".format,
            *(CONDITIONS, inner, CONDITIONS, inner, inner),
        ),
    ),
    max_leaves=8,
)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 3), st.floats(), st.sampled_from(["", " ", "Ada", "12", "x" * OUTPUT])
)
DATA = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(st.sampled_from(["a", "b", "size"]), inner, max_size=2)
    ),
    max_leaves=4,
)
OBJECTS = st.dictionaries(st.sampled_from(["a", "b", "a b", "list"]), DATA, max_size=4)


def both_ways(source: str, names: dict[str, Any]) -> tuple[str | None, str | None]:
    """Gives what the quick way and python-liquid give; None for what they do not render."""
    template = ENVIRONMENT.from_string(source)
    render = quick(template)
    buffer = Output(OUTPUT)
    try:
        template.render_with_context(Context(template, globals=names, now=NOW), buffer)
    except Exception:  # noqa: BLE001 # hostile data; what is made of it is tested elsewhere
        return render(names) if render else None, None
    return render(names) if render else None, buffer.getvalue()


@settings(max_examples=250, deadline=None)
@given(source=TEMPLATES, customer=OBJECTS, trigger=OBJECTS)
@example(source="{{ customer.a }}{{ customer.a }}", customer={"a": "x" * OUTPUT}, trigger={})
@example(source="{% if partial == false %}a{% endif %}.", customer={}, trigger={})
@example(source="{{ customer.a | plus: customer.b | default: 'b' }}", customer={"a": 1}, trigger={})
@example(source="{% if customer.a %} {% endif %}.", customer={"a": 1}, trigger={})
def test_gives_the_same_text_or_none(source: str, customer: dict[str, Any], trigger: dict[str, Any]) -> None:
    try:
        ENVIRONMENT.from_string(source)
    except LiquidError:
        return
    quickly, slowly = both_ways(source, {"customer": customer, "trigger": trigger, "workspace": {"name": "Acme"}})
    assert quickly is None or quickly == slowly


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("Hi {{ customer.first_name }}, from {{ workspace.name }}", "Hi Ada, from Acme"),
        ("{{ customer.points }} {{ customer.vip }} {{ customer.tags }}", "5 true ab"),
        ("{{ customer.nope | default: 'there' | capitalize }}", "There"),
        ("{{ customer.address.city | append: '!' }}", "Oakland!"),
        ("{% if customer.nope == blank and customer.points > 4 %}yes{% else %}no{% endif %}", "yes"),
        ("{% unless customer.vip %}a{% elsif customer.age >= 18 or customer.nope %}b{% endunless %}", "b"),
        ("a{% if customer.vip %} \n {% endif %}b", "ab"),
    ],
)
def test_takes_what_messages_are_mostly_made_of(source: str, text: str) -> None:
    customer = {
        "first_name": "Ada",
        "points": 5,
        "vip": True,
        "tags": ["a", "b"],
        "age": "21",
        "address": {"city": "Oakland"},
    }
    assert both_ways(source, {"customer": customer, "workspace": {"name": "Acme"}}) == (text, text)


@pytest.mark.parametrize(
    ("source", "customer"),
    [
        ("{{ customer.nope }}", {}),  # missing
        ("{{ customer.a }}", {"a": None}),
        ("{{ customer.a }}", {"a": "x" * (OUTPUT + 1)}),  # too much
        ("{% if customer.a < 1 %}a{% endif %}", {"a": []}),  # no order
        ("{{ customer.a | append: customer.a | size }}", {"a": "x" * BUILT}),
    ],
)
def test_leaves_errors_to_python_liquid(source: str, customer: dict[str, Any]) -> None:
    assert both_ways(source, {"customer": customer}) == (None, None)


@pytest.mark.parametrize(
    "source",
    [
        "{% assign x = 1 %}{{ x }}",
        "{% for x in customer.list %}{{ x }}{% endfor %}",
        "{{ 'now' | date: '%Y' }}",  # asks what time it is
        "{{ customer.list.size }}",
        "{{ 'a' }}" * (MOST + 1),
    ],
)
def test_is_not_tried_on_more_than_plain_texts(source: str) -> None:
    assert quick(ENVIRONMENT.from_string(source)) is None
