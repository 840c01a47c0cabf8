"""Findings about templates: their codes and where they stand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.compose.check import check
from engine.config.models import Project
from engine.plugins import Plugins
from engine.testing.context import plugin_context
from engine.types import Finding, Severity, Source

Check = Callable[..., list[Finding]]

FILE = "config/workspaces/acme/templates/t.liquid"
SOURCES = {
    "acme/template/t": Source(FILE, 1),
    "acme/template/t#body": Source(FILE, 7, 1),
    "acme/template/t#to": Source(FILE, 4, 5, 4, 30),
    "acme/template/t#languages.es.body": Source("config/workspaces/acme/templates/t.es.liquid", 3, 1),
    "acme/snippet/foot#body": Source("config/workspaces/acme/snippets/foot.liquid", 1, 1),
    "acme/workspace": Source("config/workspaces/acme/workspace.yaml", 1),
}
PEOPLE = {
    "ada": {"phone": "+14155550123", "first_name": "Ada", "address": {"city": "Paris"}, "tags": [{"name": "a"}]},
    "bob": {"phone": "+14155550124", "nickname": "Bobby"},
}


@pytest.fixture
def findings(project: Callable[..., Project], plugins: Plugins, tmp_path: Path) -> Check:
    """Checks one template, `t`, in a workspace with two people."""

    def run(
        template: Any, *, people: Any = PEOPLE, samples: Any = None, loaded: Plugins = plugins, **settings: Any
    ) -> list[Finding]:
        written = {"body": template} if isinstance(template, str) else dict(template)
        made = project({"t": {**written, "samples": samples}}, people=people, **settings)
        return check(made, plugins=loaded, sources=SOURCES, context=lambda _: plugin_context(tmp_path, read_only=True))

    return run


def errors(found: list[Finding]) -> list[str]:
    return [finding.code for finding in found if finding.severity is Severity.ERROR]


def only(found: list[Finding]) -> Finding:
    assert len(found) == 1, found
    return found[0]


def test_nothing_to_say(findings: Check) -> None:
    assert findings("Hi {{ customer.phone }}, {{ workspace.name }}. {{ message.sender }}") == []


@pytest.mark.parametrize(
    ("body", "line", "column", "end"),
    [
        ("Hi {{ customer.nope }}", 7, 7, 20),
        ("Hi\n  {{ customer.nope | upcase }}", 8, 6, 19),
        ("{{ trigger['a b'].c }}", 7, 4, 20),
        ("{{ customer.address.zip }}", 7, 4, 24),
        ("{{ customer.tags[3].name }}", 7, 4, 25),
        ("{{ 'x' | append: trigger.x }}", 7, 18, 27),
        ("{% echo trigger.x %}", 7, 9, 18),
        ("{% cycle trigger.x, 'b' %}", 7, 10, 19),
        ("{% for t in customer.tags %}{{ t.nmae }}{% endfor %}", 7, 32, 38),
        ("{% assign n = trigger.x %}{{ n }}", 7, 30, 31),
        ("{% assign n = trigger.x | upcase %}{{ n | strip }}", 7, 39, 40),
        ("{{ first_name }}", 7, 4, 14),
        ("{% if customer.first_name %}{{ trigger.x }}{% endif %}", 7, 32, 41),
        ("{{ event.body }}", 7, 4, 14),
        ("{{ workspace.terms }}", 7, 4, 19),
        ("{{ message.id }}", 7, 4, 14),
    ],
)
def test_unknown_variables(findings: Check, body: str, line: int, column: int, end: int) -> None:
    finding = only(findings(body))
    assert (finding.code, finding.severity) == ("template.unknown-variable", Severity.ERROR)
    assert (finding.file, finding.line, finding.column) == (FILE, line, column)
    assert (finding.end_line, finding.end_column, finding.address) == (line, end, "acme/template/t")


@pytest.mark.parametrize(
    "body",
    [
        "{% if trigger.x %}{{ trigger.x }}{% endif %}.",
        "{% if trigger.x %}{{ trigger.x.deep.er }}{% endif %}.",  # what holds it is guarded
        "{% if trigger.x.deep %}{{ trigger.x }}{% endif %}.",
        "{% unless trigger.x == blank %}{{ trigger.x }}{% endunless %}.",
        "{% if trigger.x == blank %}.{% else %}{{ trigger.x }}{% endif %}",
        "{% if customer.a %}.{% elsif trigger.x %}{{ trigger.x }}{% endif %}.",
        "{% case trigger.x %}{% when 'a' %}{{ trigger.x }}{% endcase %}.",
        "{% if trigger.x.size > 0 %}{{ trigger.x[0] }}{% endif %}.",
        "{{ trigger.x | default: 'y' }}",
        "{{ trigger.x | upcase | default: 'y' | strip }}",
        "{% assign n = trigger.x | default: 'y' %}{{ n }}",
        "{% assign n = trigger.x %}{% if n %}{{ n }}{{ trigger.x }}{% endif %}.",
        "{% if trigger.x %}{% assign n = 1 %}{% else %}{% assign n = 2 %}{% endif %}{{ n }}",
        "{% capture n %}a{% endcapture %}{{ n }}",
        "{% for i in trigger.list %}{{ i.a.b }}{{ forloop.index }}{% endfor %}.",  # no sample loops over it
        "{% for i in (1..3) %}{{ i }}{% endfor %}",
        "{% for t in customer.tags %}{{ t.name | default: '' }}{% endfor %}.",
        "{% for t in customer.tags %}{% if t.nmae %}{{ t.nmae }}{% endif %}{% endfor %}.",
        "{% increment n %}{{ n }}",
        "{{ customer.address.city | default: '' }}{{ customer.nickname | default: '' }}.",
        "{% liquid assign n = 1\n echo n %}",
        "{% comment %}{{ trigger.x }}{% endcomment %}{% raw %}{{ trigger.x }}{% endraw %}",
        "{% assign parts = 'a b' | split: ' ' %}{{ parts.first }}{{ parts[1] }}{{ parts.size }}",
    ],
)
def test_guarded_variables(findings: Check, body: str) -> None:
    assert findings(body) == []


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        ("{{ customer.frist_name }}", "customer.first_name"),
        ("{{ customer.address.cty }}", "customer.address.city"),
        ("{{ first_name }}", "customer.first_name"),
        ("{{ custmer.first_name }}", "customer.first_name"),
        ("{% for t in customer.tags %}{{ t.nmae }}{% endfor %}", ".name"),
        ("{{ trigger.ordre }}", "trigger.order"),
        ("{{ workspace.nmae }}", "workspace.name"),
        ("{{ 'x' | upcsae }}", "upcase"),
        ("{% rendr 'foot' %}", "render"),
        ("{% render 'fot' %}", "foot"),
        ("{% if true %}{% else if false %}{% endif %}", "elsif"),
        ("{% if true %}{% elseif false %}{% endif %}", "elsif"),
        ("{% include 'foot' %}", "render"),
        ("{{ trigger.limit }}", "['limit']"),
        ("{{ 'a' | contains: 'b' }}", "{% if a contains 'b' %}"),
        ("{% if true %}", "{% endif %}"),
    ],
)
def test_hints(findings: Check, body: str, hint: str) -> None:
    samples = [{"name": "ada", "person": "ada", "data": {"order": 1}}]
    found = findings(body, samples=samples, snippets={"foot": "Bye"})
    assert any(hint in finding.hint for finding in found), found


def test_variables_that_only_some_samples_have(findings: Check) -> None:
    finding = only(findings("Hi {{ customer.first_name }}"))
    assert (finding.code, finding.severity) == ("template.missing-value", Severity.WARNING)
    assert "'bob'" in finding.message
    assert findings("Hi {{ customer.first_name }}", samples=[{"name": "ada", "person": "ada"}]) == []


def test_data_of_samples(findings: Check) -> None:
    samples = [{"name": "with", "person": "ada", "data": {"order": {"id": "A-1"}}}]
    assert findings("Order {{ trigger.order.id }}", samples=samples) == []
    assert errors(findings("Order {{ trigger.order.nr }}", samples=samples)) == ["template.unknown-variable"]


def test_without_samples_nothing_is_provided(findings: Check) -> None:
    assert errors(findings("{{ customer.first_name }}", people={})) == ["template.unknown-variable"]
    assert findings("{{ customer.first_name | default: 'you' }} {{ customer.phone }}", people={}) == []


def test_a_name_that_is_nowhere_set_in_a_condition(findings: Check) -> None:
    finding = only(findings("{% if first_name %}x{% endif %}."))
    assert (finding.code, finding.severity) == ("template.unknown-variable", Severity.WARNING)
    assert (finding.line, finding.column) == (7, 7)


@pytest.mark.parametrize(
    ("body", "code", "column", "end"),
    [
        ("{{ 'x' | nope }}", "template.unknown-filter", 10, 14),
        ("{% assign a = 'x' | nope %}.", "template.unknown-filter", 21, 25),
        ("{% render 'nope' %}", "template.unknown-snippet", 11, 17),
        ("{% render nope %}", "template.unknown-snippet", 11, 12),
        ("{% nope %}", "template.unknown-tag", 4, 8),
        ("{% include 'foot' %}", "template.unknown-tag", 4, 11),
        ("{% if true %}x", "template.syntax", 4, 6),
        ("{% if true %}{% if true %}x{% endif %}", "template.syntax", 4, 6),
        ("{% if true %}{% else if false %}{% endif %}", "template.syntax", 22, 30),
        ("a {{ b", "template.syntax", 3, 7),
        ("{{ a = b }}", "template.syntax", 6, 7),
        ("{% for x of y %}{% endfor %}", "template.syntax", 10, 12),
        ("{% if true %}" * 9 + "{% endif %}" * 9, "template.too-deep", None, None),
    ],
)
def test_what_cannot_be_rendered(findings: Check, body: str, code: str, column: int | None, end: int | None) -> None:
    finding = only(findings(body, snippets={"foot": "Bye"}))
    assert (finding.code, finding.severity, finding.line) == (code, Severity.ERROR, 7)
    if column is not None:
        assert (finding.column, finding.end_column) == (column, end)


def test_reports_everything_at_once(findings: Check) -> None:
    found = findings("{{ customer.nope }}{{ 'x' | nope }}{% render 'nope' %}{{ trigger.nope | nope }}")
    assert sorted(errors(found)) == [
        "template.unknown-filter",
        "template.unknown-filter",
        "template.unknown-snippet",
        "template.unknown-variable",
        "template.unknown-variable",
    ]
    syntax = findings("{% foo %}x{% endfoo %}\n{% if a %}{% else if b %}{% endif %}\n{{ a = b }}")
    assert [(finding.code, finding.line) for finding in syntax] == [
        ("template.unknown-tag", 7),
        ("template.syntax", 8),
        ("template.syntax", 9),
    ]


def test_other_fields_and_languages(findings: Check) -> None:
    to = only(findings({"body": "Hi", "to": "{{ customer.moblie }}"}))
    assert (to.code, to.line, to.column, to.end_column) == ("template.unknown-variable", 4, 5, 30)
    es = only(findings({"body": "Hi", "languages": {"es": {"sender": ["main"], "body": "Hola\n{{ trigger.x }}"}}}))
    assert (es.file, es.line, es.column) == ("config/workspaces/acme/templates/t.es.liquid", 4, 4)
    media = only(findings({"body": "Hi", "media": ["https://acme.example/{{ trigger.x }}.png"]}))
    assert (media.code, media.file) == ("template.unknown-variable", FILE)


def test_snippets(findings: Check) -> None:
    assert findings("{% render 'foot' %}", snippets={"foot": "{{ workspace.name }}"}) == []
    broken = only(findings("Hi", snippets={"foot": "a\n{% nope %}"}))
    assert (broken.file, broken.line, broken.column) == ("config/workspaces/acme/snippets/foot.liquid", 2, 4)
    prints = only(findings("Hi {% render 'foot' %}", snippets={"foot": "{{ trigger.x }}"}))
    assert (prints.code, prints.file, prints.line, prints.column) == ("template.unknown-variable", FILE, 7, 14)
    assert "trigger.x" in prints.message


@pytest.mark.parametrize(
    ("body", "foot", "expected"),
    [
        ("{% render 'foot', name: customer.phone %}", "{{ name }}", []),
        ("{% render 'foot', name: 'x' %}", "{{ name }}", []),
        ("{% render 'foot', name: trigger.x %}", "{{ name }}", ["template.unknown-variable"]),
        ("{% render 'foot', name: trigger.x %}", "{{ name | default: 'x' }}", []),
        ("{% if trigger.x %}{% render 'foot', name: trigger.x %}{% endif %}.", "{{ name }}", []),
        ("{% render 'foot' %}", "{{ name }}", ["template.unknown-variable"]),
        ("{% render 'foot' %}", "{% if name %}{{ name }}{% endif %}.", []),
        ("{% assign name = 'x' %}{% render 'foot' %}", "{{ name }}", ["template.unknown-variable"]),  # of its own scope
        ("{% render 'foot' for customer.tags as tag %}.", "{{ tag.name | default: '' }}{{ forloop.index }}", []),
        ("{% render 'foot' with customer.address as home %}.", "{{ home.zip }}", ["template.unknown-variable"]),
        ("{% render 'outer' %}", "{{ trigger.x }}", ["template.unknown-variable"]),  # two snippets deep
        ("{% render 'loop' %}", "x", ["template.too-deep"]),
    ],
)
def test_what_snippets_are_given(findings: Check, body: str, foot: str, expected: list[str]) -> None:
    snippets = {"foot": foot, "outer": "{% render 'foot' %}", "loop": "{% render 'loop' %}"}
    assert errors(findings(body, snippets=snippets)) == expected


@pytest.mark.parametrize(
    ("template", "code", "severity"),
    [
        ({"body": "a" * 161, "max_segments": 1}, "template.too-long", Severity.ERROR),
        ({"body": "https://evil.example"}, "link.host-not-allowed", Severity.ERROR),
        ({"body": "{% for i in (1..2000) %}{% endfor %}"}, "template.too-slow", Severity.ERROR),
        ({"body": "Hi", "media": ["https://acme.example/a.pdf"]}, "media.format", Severity.ERROR),
        ({"body": "{{ 'x' | date: '%Y' }}"}, "template.failed", Severity.ERROR),
        ({"body": "https://acme.example/{{ customer.phone }}"}, "link.personal-data", Severity.WARNING),
        ({"body": "“" + "a" * 100}, "template.encoding", Severity.WARNING),
        ({"body": "Hi", "sender": ["brand"]}, "sender.none-reaches", Severity.WARNING),
        ({"body": "Hi", "to": "{{ customer.address.city }}"}, "number.invalid", Severity.WARNING),
    ],
)
def test_what_samples_come_to(findings: Check, template: Any, code: str, severity: Severity) -> None:
    links = {"domain": "https://go.acme.example", "allowed_hosts": ["acme.example"]}
    finding = only(findings(template, samples=[{"name": "ada", "person": "ada"}], links=links))
    assert (finding.code, finding.severity, finding.line) == (code, severity, 7)
    assert "'ada'" in finding.message


def test_samples_with_the_same_trouble_share_a_finding(findings: Check) -> None:
    people = {f"p{n}": {"phone": "+14155550123"} for n in range(5)} | {"ada": {"phone": "+14155550123", "x": "y"}}
    finding = only(findings("{{ customer.x }}", people=people))
    assert "samples 'p0', 'p1', 'p2' and 2 more" in finding.message


def test_a_workspace_without_a_normaliser(findings: Check) -> None:
    from engine.plugins import load

    found = findings("{{ customer.nope }}", loaded=load(["shortlinks"]))
    assert errors(found) == ["workspace.plugins", "template.unknown-variable"]


@pytest.mark.parametrize(
    ("template", "place"),
    [
        ("Hi\n{{ 1 | plus: 1 | divided_by: 0 }}", (8, 18, 8, 28)),
        ("Hi\n{% for i in (1..99999) %}x{% endfor %}", (8, 8, 8, 9)),
        ("{% render 'foot' %}", (7, 1, 7, 2)),  # it happens in the snippet: the template as a whole is marked
    ],
)
def test_what_a_sample_is_refused_for_stands_where_it_happens(
    findings: Check, template: str, place: tuple[int, ...]
) -> None:
    snippets = {"foot": "{{ 1 | divided_by: 0 }}"}
    finding = findings(template, samples=[{"name": "ada", "person": "ada"}], snippets=snippets)[0]
    assert (finding.line, finding.column, finding.end_line, finding.end_column) == place


def test_in_a_translation_it_is_the_translation_that_is_marked(findings: Check) -> None:
    template = {"body": "Hi", "languages": {"es": {"sender": ["main"], "body": "a\n{{ 1 | divided_by: 0 }}"}}}
    people = {"ada": {"phone": "+14155550123", "language": "es"}}
    finding = only(findings(template, people=people))
    assert (finding.file, finding.line, finding.column) == ("config/workspaces/acme/templates/t.es.liquid", 4, 8)


def test_what_stands_too_deep_is_said_once(findings: Check) -> None:
    body = "{% if true %}" * 30 + "{% else %}" + "{% endif %}" * 30
    assert errors(findings(body)) == ["template.too-deep"]
