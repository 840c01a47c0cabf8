"""People from CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.errors import UsageError

if TYPE_CHECKING:
    from audience.conftest import Desk


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("id,phone,name\nada,4155550101,Ada\n", id="commas"),
        pytest.param("id;phone;name\nada;4155550101;Ada\n", id="semicolons, as Excel writes in Europe"),
        pytest.param("id\tphone\tname\nada\t4155550101\tAda\n", id="tabs"),
        pytest.param("\ufeffid,phone,name\nada,4155550101,Ada\n", id="a byte order mark, as Excel writes"),
        pytest.param("id,phone,name\r\nada,4155550101,Ada\r\n", id="CRLF"),
        pytest.param("id,phone,name\nada,4155550101,Ada", id="no last newline"),
        pytest.param('"id","phone","name"\n"ada","4155550101","Ada"\n', id="quotes everywhere"),
        pytest.param("id,phone,name\n\nada,4155550101,Ada\n\n\n", id="blank lines"),
        pytest.param(" id , phone , name \nada,4155550101,Ada\n", id="spaces in the header"),
        pytest.param("id,phone,name,,\nada,4155550101,Ada,,\n", id="empty columns at the end"),
        pytest.param("ID,Phone,name\nada,4155550101,Ada\n", id="capitals in columns with a meaning"),
        pytest.param("id,phone,name\n  ada  ,4155550101,Ada\n", id="spaces around the id"),
    ],
)
@pytest.mark.parametrize("piped", [False, True])
def test_reads_csv_as_it_is_found(desk: Desk, content: str, piped: bool) -> None:
    done, rejections = desk.take(content, piped=piped)
    assert rejections == []
    assert (done.imported, done.updated) == (1, 0)
    assert desk.people() == {"ada": ("+14155550101", {"phone": "4155550101", "name": "Ada"})}


def test_keeps_cells_as_they_are_written(desk: Desk) -> None:
    desk.take('id,First Name,note\n1,Zoë," two\nlines, ""quoted"" "\n')
    assert desk.people() == {"1": (None, {"First Name": "Zoë", "note": ' two\nlines, "quoted" '})}


def test_an_empty_cell_is_a_missing_attribute(desk: Desk) -> None:
    desk.take("id,a,b,phone\nada,1,2,4155550101\n")
    done, _ = desk.take('id,a,b,phone\nada,, "" ,\n')
    assert done.updated == 1
    assert desk.people()["ada"] == ("+14155550101", {"a": "1", "b": ' "" ', "phone": "4155550101"})
    desk.take("id,a,b,phone\nada,,   ,\n")
    assert desk.people()["ada"] == ("+14155550101", {"a": "1", "b": ' "" ', "phone": "4155550101"})


@pytest.mark.parametrize(
    ("row", "field", "code"),
    [
        pytest.param(",4155550101,x", "id", "id.missing", id="no id"),
        pytest.param("   ,4155550101,x", "id", "id.missing", id="a blank id"),
        pytest.param(",,", "id", "id.missing", id="nothing at all"),
        pytest.param("a" * 201 + ",,", "id", "id.too-long", id="a very long id"),
        pytest.param('"a\nb",,', "id", "id.control-character", id="an id over two lines"),
        pytest.param("bad,12,x", "phone", "number.too-short", id="no number"),
        pytest.param("bad,hello,x", "phone", None, id="words for a number"),
        pytest.param("bad,4.15556E+09,x", "phone", "number.spreadsheet", id="a number that a spreadsheet rounded"),
        pytest.param("bad,4155550101", "", "row.too-few-cells", id="too few cells"),
        pytest.param("bad,4155550101,x,y", "", "row.too-many-cells", id="too many cells"),
        pytest.param("bad,4155550101,x\0y", "name", "row.nul", id="a NUL byte"),
        pytest.param('bad,4155550101,"x"y', "", "row.malformed", id="a letter after a closing quote"),
        pytest.param("bad,4155550101," + "x" * 200_000, "", "row.malformed", id="a cell without end"),
    ],
)
def test_a_bad_row_is_named_and_the_others_are_kept(desk: Desk, row: str, field: str, code: str | None) -> None:
    done, rejections = desk.take(f"id,phone,name\nada,4155550101,Ada\n{row}\nbob,4155550102,Bob\n")
    assert [(found.row, found.field) for found in rejections] == [(2, field)]
    assert code is None or rejections[0].code == code
    assert (done.imported, done.rejected) == (2, 1)
    assert set(desk.people()) == {"ada", "bob"}


def test_a_quote_that_is_never_closed_tells_from_where(desk: Desk) -> None:
    done, (rejection,) = desk.take('id,name\nada,Ada\nbob,"Bob\ncy,Cy\n')
    assert (rejection.row, rejection.code, done.imported) == (2, "row.malformed", 1)
    assert "lines 3 to 4" in rejection.message


def test_rows_are_records_not_lines(desk: Desk) -> None:
    _, rejections = desk.take('id,name\nada,"A\nd\na"\n\nbob,B,extra\n,x\n')
    assert [(found.row, found.code) for found in rejections] == [(2, "row.too-many-cells"), (3, "id.missing")]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("", id="an empty file"),
        pytest.param("\n\n", id="only blank lines"),
        pytest.param("name,phone\nAda,4155550101\n", id="no id column"),
        pytest.param("id,name,name\nada,A,B\n", id="a column twice"),
        pytest.param("id,Phone,PHONE\nada,1,2\n", id="a meaning twice"),
        pytest.param("id,,name\nada,x,Ada\n", id="a column without a name"),
        pytest.param("id,na\0me\nada,x\n", id="a NUL byte in the header"),
        pytest.param('id,"name\n', id="a header that is never closed"),
        pytest.param("id,name\rada,Ada\rbob,Bob", id="line ends of an old Mac"),
        pytest.param("id,name\n" + "ada," + "x" * (1 << 20) + "\n", id="a line longer than 1 MiB"),
        pytest.param("id,name\nada,Ren\xe9e\n".encode("latin-1"), id="latin-1"),
        pytest.param("id,name\nada,Ada\n".encode("utf-16"), id="UTF-16 with a mark"),
        pytest.param("id,name\nada,Ada\n".encode("utf-16-le"), id="UTF-16 without one"),
        pytest.param("id,name\nada,Ada\n".encode("utf-16-be"), id="UTF-16 the other way round"),
        pytest.param("id,name\nada,Ada\n".encode("utf-32"), id="UTF-32"),
        pytest.param(b"PK\x03\x04 and so on", id="an Excel workbook"),
        pytest.param(b"\x1f\x8b\x08 and so on", id="gzip"),
    ],
)
@pytest.mark.parametrize("piped", [False, True])
def test_a_file_that_is_wrong_as_a_whole_is_refused(desk: Desk, content: str | bytes, piped: bool) -> None:
    with pytest.raises(UsageError):
        desk.take(content, piped=piped)
    assert desk.people() == {}


def test_a_byte_that_is_not_utf8_is_named_and_nothing_is_imported(desk: Desk) -> None:
    rows = "".join(f"p{n},x\n" for n in range(5000))
    with pytest.raises(UsageError) as caught:
        desk.take(f"id,name\n{rows}".encode() + b"ren\xe9,x\n")
    assert f"line 5002: byte {len(rows) + 8 + 4}" in caught.value.message
    assert "0xe9" in caught.value.message
    assert "iconv" in caught.value.hint
    assert desk.people() == {}


def test_a_bad_byte_is_counted_right_where_two_pieces_meet(desk: Desk) -> None:
    start = b"id\n" + b"a\n" * 32764 + b"bcd"
    for length in range(len(start), len(start) + 4):
        with pytest.raises(UsageError, match=f"line 32766: byte {length + 1} "):
            desk.take(start.ljust(length, b"x") + b"\xe2(\n")


@pytest.mark.parametrize("cut", range(1, 4))
def test_a_character_that_is_cut_off_is_named(desk: Desk, cut: int) -> None:
    with pytest.raises(UsageError, match="not UTF-8"):
        desk.take("id,name\nada,👋".encode()[:-cut])


def test_takes_away_the_apostrophe_that_guards_spreadsheets(desk: Desk) -> None:
    desk.take("id,phone,name\n'-5,'+14155550101,'=Ada\nbob,,'tis\n")
    assert desk.people() == {
        "-5": ("+14155550101", {"phone": "+14155550101", "name": "=Ada"}),
        "bob": (None, {"name": "'tis"}),
    }
