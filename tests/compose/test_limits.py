"""Templates that never end, or fill the memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import pytest

from engine.errors import ComposeError

BIG = "{% assign a = 'aaaaaaaaaa' %}" + "{% assign a = a | append: a %}" * 10


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("{% for i in (1..1001) %}{% endfor %}", "template.too-slow"),
        ("{% for i in (1..1000) %}{% for j in (1..1000) %}{% endfor %}{% endfor %}", "template.too-slow"),
        ("{% for i in (1..1000) %}{% endfor %}" * 60, "template.too-slow"),  # no loop is long, all together are
        ("{% for i in (1..9999999999) reversed %}{% endfor %}", "template.too-slow"),
        ("{% for i in (1..9999999999) offset: 9999999990 %}{% endfor %}", "template.too-slow"),
        ("{% for i in (1..99999999999999999999999) %}{% endfor %}", "template.too-slow"),
        ("{{ (1..9999999999) | join: '' }}", "template.too-big"),
        ("{% assign a = (1..9999999999) | reverse %}", "template.too-big"),
        ("{% render 'itself' %}", "template.too-deep"),
        ("{% render 'one' %}", "template.too-deep"),
        ("{% if true %}" * 9 + "{% endif %}" * 9, "template.too-deep"),
        (BIG + "{{ a | replace: 'a', a }}", "template.too-big"),
        (BIG + "{{ a | replace: 'a', a | replace: 'a', a }}", "template.too-big"),
        (BIG + "{{ a | replace: '', a }}", "template.too-big"),
        (BIG + "{{ a | split: '' | join: a }}", "template.too-big"),
        (BIG + "{% assign a = a | append: a | append: a | append: a %}", "template.too-big"),
        ("{% assign x = 9 %}" + "{% for i in (1..40) %}{% assign x = x | times: x %}{% endfor %}", "template.too-big"),
        (
            "{% assign l = 'a b' | split: ' ' %}{% for i in (1..40) %}{% assign l = l | push: l %}{% endfor %}",
            "template.too-big",
        ),
        (
            "{% assign l = 'a b' | split: ' ' %}{% for i in (1..40) %}{% assign l = l | concat: l %}{% endfor %}",
            "template.too-big",
        ),
        ("{% for i in (1..900) %}0123456789{% endfor %}", "template.too-big"),
        (
            "{% for i in (1..900) %}{% capture a %}{{ a | default: '' }}0123456789{% endcapture %}{% endfor %}",
            "template.too-big",
        ),
        ("{{ 'now' | date: '%999999999Y' }}.", None),  # no width: printed as it stands
        ("{% increment a %}" * 100, None),
        ("{% for i in (1..1000) %}{% endfor %}", None),
        ("{% if true %}" * 8 + "x" + "{% endif %}" * 8, None),
    ],
)
def test_a_runaway_is_stopped(render: Callable[..., str], source: str, reason: str | None) -> None:
    snippets = {"itself": "{% render 'itself' %}", "one": "{% render 'two' %}", "two": "{% render 'one' %}"}
    tracemalloc.start()
    try:
        if reason is None:
            render(source, snippets)
        else:
            with pytest.raises(ComposeError) as caught:
                render(source, snippets)
            assert caught.value.reason == reason
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 30_000_000  # the attacks aim at 100 MB and more


@pytest.mark.parametrize(
    "source",
    [
        "{{ trigger.text | strip_html }}",
        "{{ trigger.text | upcase }}",
        "{{ trigger.text | escape | url_encode }}",
        "{{ trigger.list | uniq | size }}",
        "{{ trigger.list | sort | join: ',' }}",
        "{{ trigger.text | date: '%Y' }}",
        "{{ trigger.text | format_number }}",
    ],
)
@pytest.mark.parametrize(
    "text",
    ["<" * 90_000, "<script" * 12_000, "<!--" * 20_000, "1" * 90_000, "&" * 90_000, " " * 200_000],
    ids=["angles", "scripts", "comments", "digits", "ampersands", "spaces"],
)
def test_hostile_data_ends_quickly(render: Callable[..., str], source: str, text: str) -> None:
    names = {"text": text, "list": [text] * 2_000}
    try:
        came_out = render(source, trigger=names)
    except ComposeError as error:
        came_out = error.reason
    assert came_out in {"template.too-big", "template.failed"} or len(came_out) <= 8_000


def test_a_long_attribute_can_be_cut_down(render: Callable[..., str]) -> None:
    assert render("{{ trigger.text | truncate: 10 }}", trigger={"text": "word " * 10_000}) == "word wo..."
