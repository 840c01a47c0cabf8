"""People from NDJSON and JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from engine.errors import UsageError

if TYPE_CHECKING:
    from audience.conftest import Desk

ADA = {"id": "ada", "phone": "+14155550101", "tags": ["a", {"b": [1, 2.5, None, True]}], "name": "Zoë 👋"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.ndjson", json.dumps(ADA)),
        ("x.jsonl", json.dumps(ADA, ensure_ascii=False) + "\r\n\r\n"),
        ("x.json", json.dumps([ADA])),
        ("x.json", json.dumps([ADA], indent=4, ensure_ascii=False)),
        ("x.json", "\ufeff" + json.dumps(ADA, indent=1)),
        ("x.json", json.dumps(ADA)),
        ("x.data", json.dumps([ADA])),
        ("x.data", "\n" + json.dumps(ADA)),
    ],
)
def test_reads_json_as_it_is_found(desk: Desk, name: str, content: str) -> None:
    done, rejections = desk.take(content, name=name)
    assert (done.imported, rejections) == (1, [])
    assert desk.people() == {"ada": ("+14155550101", {key: value for key, value in ADA.items() if key != "id"})}


@pytest.mark.parametrize("name", ["x.json", "x.ndjson"])
def test_reads_objects_one_after_the_other(desk: Desk, name: str) -> None:
    done, _ = desk.take("\n".join(json.dumps({"id": n}) for n in range(2500)), name=name)
    assert done.imported == 2500


@pytest.mark.parametrize("content", ["", "\n", "[]", " [ ] \n"])
def test_nobody_is_nothing_wrong(desk: Desk, content: str) -> None:
    done, rejections = desk.take(content, name="x.json")
    assert (done.imported, rejections) == (0, [])


@pytest.mark.parametrize("size", [1, 7, 100, 4096, 65535])
def test_reads_an_array_across_the_pieces_it_comes_in(desk: Desk, size: int) -> None:
    people = [{"id": n, "words": "é👋" * size, "more": {"x": [n] * 3}} for n in range(max(3, 200_000 // (size * 6)))]
    if size == 65535:
        people = people[:3]
    done, rejections = desk.take(json.dumps(people, ensure_ascii=False), name="x.json", piped=True)
    assert (done.imported, rejections) == (len(people), [])
    person = desk.store.person("acme", "1")
    assert person is not None
    assert person.attributes == {"words": "é👋" * size, "more": {"x": [1, 1, 1]}}


@pytest.mark.parametrize(
    ("value", "field", "code"),
    [
        ("7", "", "row.not-object"),
        ('"ada"', "", "row.not-object"),
        ("[1]", "", "row.not-object"),
        ("null", "", "row.not-object"),
        ("{}", "id", "id.missing"),
        ('{"id": null}', "id", "id.missing"),
        ('{"id": ""}', "id", "id.missing"),
        ('{"ID": "ada"}', "id", "id.missing"),
        ('{"id": true}', "id", "id.not-text"),
        ('{"id": 1.5}', "id", "id.not-text"),
        ('{"id": ["x"]}', "id", "id.not-text"),
        ('{"id": "a\\u0000b"}', "id", "row.bad-value"),
        ('{"id": "x", "a": "\\ud800"}', "a", "row.bad-value"),
        ('{"id": "x", "a": {"b": ["\\ud83d"]}}', "a", "row.bad-value"),
        ('{"id": "x", "": 1}', "", "row.bad-name"),
        ('{"id": "x", "a": ' + "[" * 30 + "]" * 30 + "}", "a", "row.bad-value"),
        ('{"id": "x", "phone": [1]}', "phone", "number.not-text"),
        ('{"id": "x", "phone": true}', "phone", "number.not-text"),
        ('{"id": "x", "phone": "12"}', "phone", "number.too-short"),
        ('{"id": "x", "phone": "020 7183 8750", "country": "England"}', "country", "country.unknown"),
        ('{"id": "x", "phone": "020 7183 8750", "country": 44}', "country", "country.unknown"),
    ],
)
@pytest.mark.parametrize("name", ["x.json", "x.ndjson"])
def test_a_bad_record_is_named_and_the_others_are_kept(
    desk: Desk, value: str, field: str, code: str, name: str
) -> None:
    records = ['{"id": "ada"}', value, '{"id": "bob"}']
    content = f"[{','.join(records)}]" if name == "x.json" else "\n".join(records)
    done, rejections = desk.take(content, name=name)
    assert [(found.row, found.field, found.code) for found in rejections] == [(2, field, code)]
    assert (done.imported, set(desk.people())) == (2, {"ada", "bob"})


@pytest.mark.parametrize(
    "line",
    ["{", "{'id': 1}", '{"id": NaN}', '{"id": 1} {"id": 2}', "id,name", "[" * 100_000, "9" * 5000, '{"id": "a'],
)
def test_a_bad_line_is_named_and_the_others_are_kept(desk: Desk, line: str) -> None:
    done, (rejection,) = desk.take(f'{{"id": "ada"}}\n\n{line}\n{{"id": "bob"}}\n', name="x.ndjson")
    assert (rejection.row, rejection.code, done.imported) == (2, "row.not-json", 2)


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ('[{"id": 1}', "line 1, column 11"),
        ('[{"id": 1},\n]', "line 2, column 1"),
        ('[{"id": 1}\n {"id": 2}]', "line 2, column 2"),
        ('[{"id": 1},\n  {"id": 2,, }]', "line 2, column 12"),
        ('[{"id": 1}]\n[', "line 2, column 1"),
        ('[\n{"id": NaN}]', "line 2, column 1"),
        ("[" + "[" * 100_000, "line 1, column 2"),
        ("[é, 1]", "line 1, column 2"),
        ('{"id": 1}\n{"id" 2}', "line 2, column 7"),
        ("[\n" + '{"id": 1},\n' * 20_000 + "oops]", "line 20002, column 1"),
        ('[{"id": "' + "x" * (3 << 20), "line 1, column 2"),
    ],
)
def test_broken_json_is_refused_at_its_place(desk: Desk, content: str, place: str) -> None:
    with pytest.raises(UsageError) as caught:
        desk.take(content, name="x.json")
    assert f"{place}: " in caught.value.message


def test_ids_may_be_numbers(desk: Desk) -> None:
    desk.take('[{"id": 7, "phone": 14155550101}, {"id": 12345678901234567890}]', name="x.json")
    assert desk.people() == {"7": ("+14155550101", {"phone": 14155550101}), "12345678901234567890": (None, {})}


def test_null_takes_an_attribute_away(desk: Desk) -> None:
    def take(**person: Any) -> None:
        desk.take(json.dumps({"id": "ada", **person}), name="x.ndjson")

    take(phone="+14155550101", a=1, b=2)
    take(a=None)
    assert desk.people() == {"ada": ("+14155550101", {"phone": "+14155550101", "b": 2})}
    take(phone=None)
    assert desk.people() == {"ada": (None, {"b": 2})}
