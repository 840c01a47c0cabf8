"""What YAML does to texts behind a writer's back: each is found, at the place of the value itself."""

from __future__ import annotations

from typing import Any

import pytest

from engine.config.text import Report
from engine.config.yamlfile import Document
from engine.types import Finding

PEOPLE = "people.yaml"


def read(text: str) -> tuple[Any, list[Finding]]:
    report = Report()
    return Document(text, "file.yaml", report).data, report.findings


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("YES", "YES"),  # YAML 1.1 reads the words of this group as booleans, 1.2 does not
        ("NO", "NO"),
        ("On", "On"),
        ("off", "off"),
        ("y", "y"),
        ("true", True),
        ("FALSE", False),
        ("tRUE", "tRUE"),  # three spellings of each, no others
        ("null", None),
        ("~", None),
        ("", None),
        ("Nil", "Nil"),
        ("12", 12),
        ("-7", -7),
        ("0", 0),
        ("0x1F", 31),
        ("0o17", 15),
        ("12.50", 12.5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("1_000", "1_000"),  # an integer in YAML 1.1
        ("20:30", "20:30"),  # sixty-based in YAML 1.1: 1230
        ("2026-03-01", "2026-03-01"),  # a date in YAML 1.1
        ("2026-03-01T18:00:00Z", "2026-03-01T18:00:00Z"),
        ("0b11", "0b11"),  # binary in YAML 1.1
        ("+1 415 555 0100", "+1 415 555 0100"),  # a text by itself: it has spaces
        ("=", "="),  # a tag of its own in YAML 1.1
        ("'12'", "12"),
        ('"true"', "true"),
        ("9007199254740992", 2**53),
        ("-", [None]),
        (".", "."),
        ("+", "+"),
        ("1.2.3", "1.2.3"),
        ("١٢", "١٢"),  # digits, but not ASCII's
    ],
)
def test_scalars_are_those_of_the_core_schema(written: str, value: Any) -> None:
    data, findings = read(f"key: {written}\n" if written != "-" else "key:\n  - \n")
    assert findings == []
    assert data == {"key": value}
    assert type(data["key"]) is type(value)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("+14155550100", "yaml.unquoted-number"),
        ("012345", "yaml.unquoted-number"),
        ("-012", "yaml.unquoted-number"),
        ("00", "yaml.unquoted-number"),
        ("+1.5", "yaml.unquoted-number"),
        ("00123.50", "yaml.unquoted-number"),
        ("9007199254740993", "yaml.unquoted-number"),  # the first whole number that JSON's readers get wrong
        ("1" * 5000, "yaml.unquoted-number"),  # Python refuses to convert more than 4,300 digits
        (".inf", "yaml.number"),
        ("-.Inf", "yaml.number"),
        (".nan", "yaml.number"),
        ("1e999", "yaml.number"),
        ("!!str 12", "yaml.tag"),
        ("!thing {a: 1}", "yaml.tag"),
    ],
)
def test_what_would_be_damaged_is_an_error_at_the_value(written: str, code: str) -> None:
    _, (finding,) = read(f"a: 1\nkey: {written}\n")
    assert finding.code == code
    assert (finding.line, finding.column) == (2, 6 if not written.startswith("!") else finding.column)
    if code == "yaml.unquoted-number":
        assert (finding.end_line, finding.end_column) == (2, 6 + len(written))
        assert f'"{written}"' in finding.hint


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("a: 1\na: 2\n", "yaml.duplicate-key", (2, 1, 2, 2)),  # at the key, the second
        ("{a: 1, 'a': 2}", "yaml.duplicate-key", (1, 8, 1, 11)),
        ("a: {b: 1,\n    b: 2}", "yaml.duplicate-key", (2, 5, 2, 6)),
        ("a: &x 1\n", "yaml.alias", (1, 4, 1, 6)),
        ("a: 1\nb: *nowhere\n", "yaml.alias", (2, 4, 2, 12)),
        ("1: a\n", "yaml.key", (1, 1, 1, 2)),
        ("true: a\n", "yaml.key", (1, 1, 1, 5)),
        ("? [a]\n: b\n", "yaml.key", (1, 3, 1, 6)),
        ("to: {{ customer.phone }}\n", "yaml.key", (1, 6, 1, 24)),  # Liquid without quotes is a mapping in a mapping
        ("a: 1\n---\nb: 2\n", "yaml.documents", (2, 1, 2, 4)),
        ("a: [1,\n  2\n", "yaml.syntax", (1, 4, 1, 5)),  # where it begins, not where the file ends
        ("a: b: c\n", "yaml.syntax", (1, 5, 1, 6)),
        ("a:\n\tb: 1\n", "yaml.syntax", (2, 1, 2, 2)),  # a tab
        ('a: "b\n', "yaml.syntax", (1, 4, 1, 5)),
        ("a: @b\n", "yaml.syntax", (1, 4, 1, 5)),
        ("a: b\x00c\n", "yaml.character", (1, 5, 1, 6)),
        ("a: '😀😀'\nb: \x1b\n", "yaml.character", (2, 4, 2, 5)),
        ("a: b\u2028c\n", "yaml.character", (1, 5, 1, 6)),  # libyaml would begin a line here, an editor does not
        ("a: 1\nb: c\x85\n", "yaml.character", (2, 5, 2, 6)),
    ],
)
def test_structure_is_found_where_it_is_wrong(text: str, code: str, place: tuple[int, ...]) -> None:
    _, (finding,) = read(text)
    assert finding.code == code
    assert (finding.line, finding.column, finding.end_line, finding.end_column) == place


def test_columns_count_characters_whatever_their_bytes() -> None:
    """Nor UTF-16 units: an emoji is one column."""
    _, (finding,) = read('é😀: {"日本語": "🎉🎉", n: 0123}\n')
    assert (finding.line, finding.column, finding.end_column) == (1, 22, 26)


def test_every_alias_and_anchor_is_named() -> None:
    _, findings = read("a: &x [1]\nb: *x\nc: [*x, &y 2]\n")
    assert [(f.line, f.column, f.end_column) for f in findings] == [(1, 4, 6), (2, 4, 6), (3, 5, 7), (3, 9, 11)]


def test_a_bomb_of_aliases_stays_small() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    data, findings = read("\n".join(lines))
    assert data is None
    assert {finding.code for finding in findings} == {"yaml.alias"}


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
@pytest.mark.parametrize("levels", [21, 1_000, 100_000])
def test_depth_is_limited_before_the_stack_is(opening: str, levels: int) -> None:
    _, findings = read(opening * levels)
    assert [finding.code for finding in findings] == ["yaml.too-deep"]


def test_twenty_levels_are_fine_and_the_next_is_marked() -> None:
    assert read("[" * 20 + "]" * 20)[1] == []
    _, (finding,) = read("a:\n  " + "[" * 20 + "]" * 20)
    assert (finding.code, finding.line, finding.column) == ("yaml.too-deep", 2, 22)


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "---\n"])
def test_nothing_is_nothing(text: str) -> None:
    assert read(text) == (None, [])


def test_everything_is_found_at_once() -> None:
    _, findings = read("a: 01\na: 02\nb: {c: +1, c: .nan}\n5: x\n")
    assert [(f.code, f.line, f.column) for f in findings] == [
        ("yaml.unquoted-number", 1, 4),
        ("yaml.duplicate-key", 2, 1),
        ("yaml.unquoted-number", 2, 4),
        ("yaml.unquoted-number", 3, 8),
        ("yaml.duplicate-key", 3, 12),
        ("yaml.number", 3, 15),
        ("yaml.key", 4, 1),
    ]
