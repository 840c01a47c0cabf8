"""The canonical form: it means the same, keeps every comment, and is its own canonical form."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.config.fmt import SHAPES, NotFormatted, format_liquid, format_yaml
from engine.config.text import Report
from engine.config.yamlfile import Document

CASES = [
    pytest.param(
        "senders",
        """\
        # About this file.

        # About the senders.
        senders:   # all
            # The desk.
            support:
                kind: long-code   # why
                # The number.
                number: '+14155550100'


                countries:
                - US
                - CA
                # After the last.

            # The name.
            brand: {countries: [GB], alphanumeric: 'ACME' }
        # The end.
        """,
        """\
        # About this file.

        # About the senders.
        senders: # all
          # The desk.
          support:
            # The number.
            number: "+14155550100"
            kind: long-code # why

            countries:
              - US
              - CA
              # After the last.

          # The name.
          brand: {alphanumeric: "ACME", countries: [GB]}
        # The end.
        """,
        id="comments move with their keys",
    ),
    pytest.param(
        "workspace",
        "quiet_hours: ~\nname: A\nbusiness:\n    country: US\n",
        "name: A\nbusiness:\n  country: US\nquiet_hours: ~\n",
        id="keys in the order of the reference",
    ),
    pytest.param(
        "keywords",
        "consent: {marketing: subscribed, scope: sender}\nkeywords:\n  b: {words: [B]}\n  a: {words: [A]}\n",
        "keywords:\n  b: {words: [B]}\n  a: {words: [A]}\nconsent: {scope: sender, marketing: subscribed}\n",
        id="names keep their order",
    ),
    pytest.param(
        "tests",
        "- steps:\n  - expect: {rule: a}\n    # Why.\n    receive:\n      text: x\n  name: n\n",
        "- name: n\n  steps:\n    # Why.\n    - receive:\n        text: x\n      expect: {rule: a}\n",
        id="items of lists",
    ),
    pytest.param(
        "people",
        "people:\n    a: {x: 0x1F, y: 1.50, z: 'it''s', s: 'say \"x\"', n: NO, e: }\n",
        "people:\n  a: {x: 0x1F, y: 1.50, z: \"it's\", s: 'say \"x\"', n: NO, e: null}\n",
        id="scalars stay as they are written",
    ),
    pytest.param(
        "people",
        "people:\n   a:\n      t: |\n         one # no\n\n\n           two\n      f: >-\n         a\n         b\n",
        "people:\n  a:\n    t: |\n      one # no\n\n\n        two\n    f: >-\n      a\n      b\n",
        id="blocks of text",
    ),
    pytest.param("people", "\n\n# nothing\n\n\n", "\n\n# nothing\n", id="only a comment"),
    pytest.param("people", "", "", id="nothing"),
    pytest.param(
        "environment",
        "workspaces:\n  acme:\n    protect: true\n    name: A\nengine: {public_url: ''}\n",
        "engine: {public_url: \"\"}\nworkspaces:\n  acme:\n    name: A\n    protect: true\n",
        id="an environment",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "before", "after"), CASES)
def test_the_canonical_form(kind: str, before: str, after: str) -> None:
    made = format_yaml(textwrap.dedent(before), kind)
    assert made == textwrap.dedent(after).lstrip("\n")
    assert format_yaml(made, kind) == made


def test_front_matter_alone_is_touched() -> None:
    body = "  Hi\t \n---\n\n{{ x }}\r\n\n\n"
    text = f"---\nsender:   a\npurpose: 'reply'\n---\n{body}"
    assert format_liquid(text) == f'---\npurpose: "reply"\nsender: a\n---\n{body}'


@pytest.mark.parametrize("text", ["Hi\n", "---\n---\nHi", "---\npurpose: [\n", "", "---"])
def test_a_template_without_it_stays(text: str) -> None:
    assert format_liquid(text) == text


@pytest.mark.parametrize("text", ["a: [", "a: 1\na: 2\n", "a: 0123\n", "a: &x 1\nb: *x\n"])
def test_what_has_findings_is_not_touched(text: str) -> None:
    with pytest.raises(NotFormatted) as caught:
        format_yaml(text, "people", file="people.yaml", first_line=5)
    assert caught.value.findings[0].file == "people.yaml"
    assert (caught.value.findings[0].line or 0) >= 5


NAMES = ("name", "business", "country", "number", "kind", "match", "words", "steps", "receive", "x", "é", "keywords")
SCALARS = ("1", "x", "'y'", '"z # z"', "~", "NO", "1.50", "'say \"x\"'", "'#'", "x#y", "", "{}", "[]", "[a, 'b']")


@st.composite
def yaml_texts(draw: st.DrawFn, depth: int = 0) -> list[str]:
    """Lines of block YAML with comments and blank lines anywhere, indented by 1 to 4."""
    lines: list[str] = []
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True))
    for name in names:
        lines += draw(st.lists(st.sampled_from(["# note", "   # deep note", "", "#"]), max_size=2))
        behind = draw(st.sampled_from(["", "  # why", " # because"]))
        kind = draw(st.sampled_from(["scalar", "map", "list"])) if depth < 3 else "scalar"
        pad = " " * draw(st.integers(1, 4))
        if kind == "scalar":
            lines.append(f"{name}: {draw(st.sampled_from(SCALARS))}{behind}")
        elif kind == "map":
            lines += [f"{name}:{behind}", *(pad + line for line in draw(yaml_texts(depth + 1)))]
        else:
            lines.append(f"{name}:{behind}")
            for _ in range(draw(st.integers(1, 3))):
                inner = draw(yaml_texts(depth + 1))
                first = next(i for i, line in enumerate(inner) if line.strip() and not line.lstrip().startswith("#"))
                lines += [pad + line for line in inner[:first]]
                lines += [f"{pad}- {inner[first]}", *(f"{pad}  {line}" for line in inner[first + 1 :])]
    return lines


def _read(text: str) -> tuple[object, int]:
    report = Report()
    document = Document(text, "", report)
    return (None, 1) if report.findings else (document.data, 0)


@given(lines=yaml_texts(), kind=st.sampled_from(sorted(SHAPES)))
@settings(deadline=None, max_examples=40)
def test_any_text_keeps_its_meaning_and_its_comments(lines: list[str], kind: str) -> None:
    text = "\n".join(lines)
    try:
        made = format_yaml(text, kind)
    except NotFormatted:
        return
    assert _read(made) == _read(text)
    assert made.count("#") == text.count("#")
    assert format_yaml(made, kind) == made
