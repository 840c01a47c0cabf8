"""What tests have shown, and what they have not, each with its place."""

from __future__ import annotations

import pytest
from talk import WORKSPACE, Talk

from engine.testing.conversations.coverage import Coverage

HEAD = "---\npurpose: transactional\nsender: main\nsamples: [{person: ada, data: {n: 1, list: [1], place: a}}]\n---\n"


def covered(talk: Talk, *data: str) -> Coverage:
    """The coverage of sends of the template `x`, one for each data."""
    talk.write(f"{WORKSPACE}keywords.yaml", "")
    for name in ("welcome", "echo", "broken", "news"):
        (talk.folder / f"{WORKSPACE}templates/{name}.liquid").unlink()
    suite = talk.suite("\n".join(f"{{send: {{template: x, data: {one}}}}}" for one in data), trace=True)
    assert suite.run(suite.cases[0]).passed
    return suite.coverage(["acme"])


def branches(coverage: Coverage) -> dict[str, bool]:
    return {item.name.removeprefix("x: "): item.shown for item in coverage.items if item.kind == "branch"}


@pytest.mark.parametrize(
    ("body", "data", "expected"),
    [
        ("{% if trigger.n %}a{% endif %}b", ["{n: 1}"], {"if trigger.n": True, "no else of: if trigger.n": False}),
        ("{% if trigger.n %}a{% endif %}b", ["{}"], {"if trigger.n": False, "no else of: if trigger.n": True}),
        (
            "{% if trigger.n == 1 %}a{% elsif trigger.n == 2 %}b{% else %}c{% endif %}",
            ["{n: 2}"],
            {"if trigger.n == 1": False, "elsif trigger.n == 2": True, "else": False},
        ),
        (
            "{% unless trigger.n %}a{% endunless %}b",
            ["{n: 1}", "{}"],
            {"unless trigger.n": True, "no else of: unless trigger.n": True},
        ),
        (
            "{% case trigger.place %}{% when 'a', 'b' %}1{% when 'c' %}2{% endcase %}.",
            ["{place: b}", "{place: z}"],
            {"when 'a', 'b'": True, "when 'c'": False, "no else of: case trigger.place": True},
        ),
        (
            "{% case trigger.place %}{% when 'a' %}1{% else %}2{% endcase %}",
            ["{place: z}"],
            {"when 'a'": False, "else": True},
        ),
        (
            "{% for one in trigger.list %}{{ one }}{% else %}none{% endfor %}",
            ["{list: [1, 2]}"],
            {"for one in trigger.list": True, "else": False},
        ),
        ("{% for one in trigger.list %}{% endfor %}b", ["{}"], {"for one in trigger.list": False}),
        (
            "{% capture x %}{% if trigger.n %}a{% endif %}{% endcapture %}b",
            ["{n: 1}"],
            {"if trigger.n": True, "no else of: if trigger.n": False},
        ),
        ("plain", ["{}"], {}),
    ],
)
def test_each_way_through_a_text_is_a_branch(talk: Talk, body: str, data: list[str], expected: dict[str, bool]) -> None:
    talk.write(f"{WORKSPACE}templates/x.liquid", f"{HEAD}{body}\n")
    assert branches(covered(talk, *data)) == expected


def test_branches_have_their_line_also_in_snippets_languages_and_front_matter(talk: Talk) -> None:
    talk.write(f"{WORKSPACE}snippets/end.liquid", "\n{% if name %}{{ name }}{% else %}us{% endif %}\n")
    talk.write(
        f"{WORKSPACE}templates/x.liquid",
        HEAD.replace("---\npurpose", "---\nto: '{% if trigger.n %}+14155550123{% endif %}'\npurpose")
        + "\nHello\n{% render 'end' %}\n",
    )
    talk.write(f"{WORKSPACE}templates/x.es.liquid", "---\n---\n{% if trigger.n %}Hola{% endif %}\n")
    coverage = covered(talk, "{n: 1}")
    found = [
        (item.place.file.rpartition("/")[2], item.place.line, item.name, item.shown)
        for item in coverage.items
        if item.kind == "branch" and item.place is not None
    ]
    assert found == [
        ("x.liquid", 2, "x: if trigger.n", True),
        ("x.liquid", 2, "x: no else of: if trigger.n", False),
        ("x.es.liquid", 3, "x: if trigger.n", False),
        ("x.es.liquid", 3, "x: no else of: if trigger.n", False),
        ("end.liquid", 2, "end: if name", False),
        ("end.liquid", 2, "end: else", True),
    ]


def test_watching_changes_no_text(talk: Talk) -> None:
    """Blank blocks print nothing in Liquid; a mark must not make them print."""
    body = "a{% if trigger.n %}\n \n{% endif %}b{% for x in trigger.list %}{% unless x %}\n{% endunless %}{% endfor %}c"
    talk.write(f"{WORKSPACE}templates/x.liquid", f"{HEAD}{body}\n")
    step = "{send: {template: x, data: {n: 1, list: [1, false]}}, expect: {replies: [abc]}}"
    for trace in (False, True):
        suite = talk.suite(step, trace=trace)
        assert suite.run(suite.cases[0]).passed


def test_rules_and_replies(talk: Talk) -> None:
    suite = talk.suite("receive: {text: join}\nreceive: {text: broken}\nreceive: {text: stop}\nreceive: {text: echo}")
    result = suite.run(suite.cases[0])
    assert result.passed
    shown = {(item.kind, item.name): item.shown for item in suite.coverage(["acme"]).items if item.kind != "branch"}
    assert shown == {
        ("rule", "join"): True,
        ("reply", "join: welcome"): True,
        ("rule", "echo"): True,
        ("reply", "echo: echo"): False,  # after the STOP, it does not arrive
        ("rule", "broken"): True,
        ("reply", "broken: broken"): False,  # it cannot be composed
        ("rule", "consent.stop"): True,
        ("reply", "consent.stop: engine/stopped"): True,
        ("rule", "consent.start"): False,
        ("reply", "consent.start: engine/resumed"): False,
        ("rule", "consent.help"): False,
        ("reply", "consent.help: engine/help"): False,
    }


def test_an_answer_that_comes_later_counts(talk: Talk) -> None:
    path = talk.folder / f"{WORKSPACE}workspace.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "limits: {per_prefix: 1/1h}\n", encoding="utf-8")
    steps = ["receive: {text: join}", "receive: {text: echo}", "wait: 2h"]
    for count, arrived in ((2, False), (3, True)):
        suite = talk.suite("\n".join(steps[:count]))
        suite.run(suite.cases[0])
        shown = {item.name: item.shown for item in suite.coverage(["acme"]).items if item.kind == "reply"}
        assert (shown["join: welcome"], shown["echo: echo"]) == (True, arrived)


def test_a_project_without_anything_to_show_is_covered() -> None:
    assert Coverage([]).percent == 100
