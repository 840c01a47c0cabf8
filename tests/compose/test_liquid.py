"""What Liquid means here: missing values, comparisons, snippets, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from engine.errors import ComposeError

Render = Callable[..., str]

CUSTOMER: dict[str, Any] = {
    "first_name": "Ada",
    "age": "21",
    "points": 540,
    "spaces": "  ",
    "none": None,
    "no": False,
    "tags": ["a", "b"],
    "empty_list": [],
    "address": {"street": "1 Main St"},
}


def refused(render: Render, source: str, **names: Any) -> ComposeError:
    with pytest.raises(ComposeError) as caught:
        render(source, **names)
    return caught.value


@pytest.mark.parametrize(
    "condition",
    [
        "customer.nope == blank",
        "customer.nope == empty",
        "customer.nope == nil",
        "blank == customer.nope",
        "empty == customer.nope",
        "nil == customer.nope",
        "customer.nope == customer.gone",
        "customer.address.city.nope == blank",  # what is missing inside of what is missing
        "customer.first_name != blank",  # the guard that Customer.io recommends
        "customer.first_name != customer.nope",
        "customer.spaces == blank",
        "customer.none == blank",  # a null is as if it were not there
        "customer.no == blank",  # as in LiquidJS
        "customer.empty_list == empty",
        "customer.tags contains 'a'",
        "customer.points >= 500 and customer.points <= 540",
        "customer.age > 18",  # spreadsheets give texts
        "'540' >= customer.points",
        "customer.tags.size == 2",
    ],
)
def test_is_true(render: Render, condition: str) -> None:
    assert render(f"{{% if {condition} %}}yes{{% else %}}no{{% endif %}}", customer=CUSTOMER) == "yes"


@pytest.mark.parametrize(
    "condition",
    [
        "customer.nope",
        "customer.none",
        "customer.nope.deeper",
        "customer.nope == false",  # missing is not false, only as good as false
        "customer.nope == ''",
        "customer.nope != blank",
        "customer.nope contains 'a'",
        "customer.tags contains customer.nope",
        "customer.nope > 1",
        "customer.nope < 1",
        "customer.nope >= 0",
        "customer.nope.size > 0",
        "customer.nope.size == 0",
        "customer.points == '540'",  # equality converts nothing
    ],
)
def test_is_false(render: Render, condition: str) -> None:
    assert render(f"{{% if {condition} %}}yes{{% else %}}no{{% endif %}}", customer=CUSTOMER) == "no"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{% unless customer.nope %}yes{% endunless %}", "yes"),
        ("{% unless customer.nope == blank %}a{% elsif customer.nope == nil %}b{% endunless %}", "b"),
        ("{% case customer.nope %}{% when nil %}nothing{% when 'a' %}a{% endcase %}", "nothing"),
        ("{% case customer.nope %}{% when 'a' %}a{% else %}other{% endcase %}", "other"),
        ("{% case customer.first_name %}{% when 'Ada', 'Ada' %}once{% endcase %}", "once"),
        ("{% for x in customer.nope %}x{% else %}none{% endfor %}", "none"),
        ("{% for x in customer.nope.deeper %}x{% endfor %}.", "."),
        ("{% for i in (1..customer.nope) %}x{% endfor %}.", "."),
        ('{{ customer.nope | default: "there" }}', "there"),
        ('{{ customer.nope | upcase | truncate: 3 | default: "there" }}', "there"),
        ('{{ "Hi " | append: customer.nope | default: "Hello" }}', "Hello"),
        ('{{ customer.nope | default: customer.gone | default: "x" }}', "x"),
        ('{% assign a = customer.nope %}{{ a | default: "x" }}', "x"),
        ('{% assign a = customer.nope | default: "x" %}{{ a }}', "x"),
        ('{% capture a %}{{ customer.nope | default: "x" }}{% endcapture %}{{ a }}', "x"),
        ("{% assign n = customer.nope.size | minus: 3 %}{% if n > 0 %}more{% endif %}.", "."),
        ("{% if customer.address.city %}x{% endif %}{{ customer.address.street }}", "1 Main St"),
    ],
)
def test_missing_values_pass_quietly_until_printed(render: Render, source: str, expected: str) -> None:
    assert render(source, customer=CUSTOMER) == expected


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("{{ trigger.code }}", "trigger.code"),
        ("{{ customer.address.city }}", "customer.address.city"),
        ("{{ customer.nope.deeper.still }}", "customer.nope.deeper.still"),
        ("{{ customer.none }}", "customer.none"),
        ("{{ customer.tags[7] }}", "customer.tags[7]"),
        ("{{ customer['first name'] }}", "customer['first name']"),
        ("{{ customer.nope | upcase }}", "customer.nope"),
        ('{{ "Hi " | append: customer.nope }}', "customer.nope"),
        ("{% assign a = customer.nope %}{{ a }}", "customer.nope"),
        ("{% assign a = customer.nope %}{{ a.b }}", "customer.nope.b"),
        ("{% capture a %}{{ customer.nope }}{% endcapture %}", "customer.nope"),
        ("{% echo customer.nope %}", "customer.nope"),
        ("{% cycle customer.nope, 'b' %}", "customer.nope"),
        ("{% for t in customer.tags %}{{ t.name }}{% endfor %}", "t.name"),
        ("{{ nonsense }}", "nonsense"),
        ("{{ now }}", "now"),  # python-liquid's own name for the machine's clock
    ],
)
def test_printing_what_is_missing_names_it(render: Render, source: str, path: str) -> None:
    error = refused(render, source, customer=CUSTOMER)
    assert error.reason == "template.missing-value"
    assert error.message.startswith(f"{path} is missing")


def test_a_filter_that_finds_nothing_prints_nothing_silently_never(render: Render) -> None:
    error = refused(render, "{{ customer.empty_list | first }}", customer=CUSTOMER)
    assert error.reason == "template.missing-value"
    assert "customer.empty_list | first" in error.message


def test_texts_that_are_no_numbers_do_not_compare_with_numbers(render: Render) -> None:
    error = refused(render, "{% if customer.first_name > 3 %}x{% endif %}", customer=CUSTOMER)
    assert error.reason == "template.failed"
    assert "a text cannot be compared with a number" in error.message


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (True, "true"),
        (12.5, "12.5"),
        (["a", None, 1, True], "a1true"),
        ({"a": 1, "b": "ü"}, '{"a": 1, "b": "ü"}'),
        ("<b> & co", "<b> & co"),  # a text message is no HTML
    ],
)
def test_prints(render: Render, value: Any, shown: str) -> None:
    assert render("{{ trigger.x }}", trigger={"x": value}) == shown


def test_a_text_is_sent_as_written(render: Render) -> None:
    assert render("a\r\nb\n\n{{ trigger.x }}", trigger={"x": "c\r\nd"}) == "a\r\nb\n\nc\r\nd"


def test_snippets_see_the_names_and_what_they_are_given(render: Render) -> None:
    snippets = {"bye": "Bye {{ customer.first_name }}{{ mark | default: '.' }}", "item": "{{ item.n }};"}
    assert render("{% render 'bye' %}", snippets, customer=CUSTOMER) == "Bye Ada."
    assert render("{% render 'bye', mark: '!' %}", snippets, customer=CUSTOMER) == "Bye Ada!"
    assert render("{% assign mark = '?' %}{% render 'bye' %}", snippets, customer=CUSTOMER) == "Bye Ada."
    assert render("{% render 'item' for trigger.items %}", snippets, trigger={"items": [{"n": 1}, {"n": 2}]}) == "1;2;"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("{% include 'bye' %}", "template.syntax"),
        ("{% tablerow x in (1..3) %}{% endtablerow %}", "template.syntax"),
        ("{% render 'nope' %}", "template.unknown-snippet"),
        ("{% render '../../etc/passwd' %}", "template.unknown-snippet"),
        ("{{ 1 | nope }}", "template.unknown-filter"),
        ("{{ 1 | random }}", "template.unknown-filter"),  # the same message must come out again
        ("{% if a %}{% else if b %}{% endif %}", "template.syntax"),
        ("{% if a %}", "template.syntax"),
        ("{% frobnicate %}", "template.syntax"),
        ("{{ a | b: }} {{", "template.syntax"),
        ("{{ 'x' | date: '%Y' }}", "template.failed"),
        ("{{ 1 | divided_by: 0 }}", "template.failed"),
        ("{{ 'a' | plus: 1 | modulo: 0 }}", "template.failed"),
        ("{{ 'x' | base64_decode }}", "template.failed"),
    ],
)
def test_refuses(render: Render, source: str, reason: str) -> None:
    assert refused(render, source, snippets={"bye": "x"}).reason == reason


def test_says_where(render: Render) -> None:
    assert "(line 2)" in refused(render, "a\n{{ trigger.code }}").message
    assert (
        "(line 1 of the snippet 'foot')"
        in refused(render, "\n{% render 'foot' %}", snippets={"foot": "{{ x }}"}).message
    )
