from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from plans import AFTER, BEFORE, EVERYTHING, change, plan

from engine.caps import Cost
from engine.reconcile.beside import beside, column
from engine.reconcile.effects import Odd, QueuedEffect, Rendering, RenderingEffect, RouteEffect
from engine.reconcile.notices import Said, of_change, of_plan, of_queued, of_rendering, of_route


def said(before: Rendering | None, after: Rendering) -> list[str]:
    """Gives what is said of one message, with names in brackets."""
    return [one.text("[{}]".format) for one in of_rendering(RenderingEffect("acme/template/x", "ada", before, after))]


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (replace(BEFORE, body="Other words"), ["GSM-7, 1 segment"]),
        (replace(BEFORE, to="+14155550124"), ["to [+14155550123] → [+14155550124]"]),
        (replace(BEFORE, sender="67076"), ["from [+14155550100] → [67076]"]),
        (replace(BEFORE, kind="mms", media=("https://a.example/x.png",)), [
            "sms → mms", "media added: [https://a.example/x.png]",
        ]),
        (replace(BEFORE, encoding="UCS-2", odd=Odd("\u200b", 3)), [
            "GSM-7 → UCS-2 because of [\u200b] (U+200B ZERO WIDTH SPACE, character 3)",
        ]),
        (replace(BEFORE, encoding="UCS-2", odd=Odd("\ue000", 1)), [  # a private character has no name
            "GSM-7 → UCS-2 because of [\ue000] (U+E000, character 1)",
        ]),
        (replace(BEFORE, segments=3, cost=Cost(Decimal("0.0249"), "USD")), [
            "1 → 3 segments", "about 0.0083 USD → 0.0249 USD",
        ]),
        (replace(BEFORE, cost=None), ["about 0.0083 USD → unknown"]),
        (replace(BEFORE, links=()), ["link gone: [https://acme.example/old]"]),
        (Rendering(error="template.missing-value"), ["no message: [template.missing-value]"]),
    ],
)  # fmt: skip
def test_what_is_said_of_a_message(after: Rendering, words: list[str]) -> None:
    assert said(BEFORE, after) == words


def test_a_message_back_in_gsm_7_blames_nobody() -> None:
    assert said(AFTER, replace(AFTER, encoding="GSM-7", odd=None)) == ["UCS-2 → GSM-7"]


def test_an_mms_is_not_cut_and_blames_nobody() -> None:
    assert said(None, replace(AFTER, kind="mms", segments=1))[0] == "UCS-2, MMS"


def test_a_message_that_never_was_is_told_by_its_error() -> None:
    assert said(Rendering(error="a.b"), Rendering(error="c.d")) == ["no message: [a.b] → [c.d]"]


def test_names_are_no_format() -> None:
    assert Said("link gone: {}", ("{0} {x}",)).text(str) == "link gone: {0} {x}"
    assert of_route(RouteEffect("acme", "s", "{}", "tests", 1, "{0}", None)).text(str).startswith("“{}” to s")


def test_a_text_that_one_person_wrote_is_not_shown() -> None:
    one, more = (RouteEffect("acme", "support", None, "inbound", times, "a", "b") for times in (1, 4))
    assert of_route(one).names == ("support", "a", "b")
    assert "4 texts" in of_route(more).words


@pytest.mark.parametrize("fate", ["pin", "migrate", "cancel"])
def test_each_fate_has_words(fate: str) -> None:
    assert fate in of_queued(QueuedEffect("acme/template/x", 2, fate)).words  # type: ignore[arg-type] # one of three


def test_sums_compare_what_was_with_what_is_only() -> None:
    dear = replace(AFTER, cost=Cost(Decimal("0.05"), "EUR"))
    made = plan(
        change("a", RenderingEffect("acme/template/a", "ada", BEFORE, AFTER)),
        change("b", RenderingEffect("acme/template/b", "ada", None, AFTER)),  # new: compared with nothing
        change("c", RenderingEffect("acme/template/c", "ada", BEFORE, Rendering(error="x"))),  # no message any more
        change("d", RenderingEffect("acme/template/d", "ada", BEFORE, dear)),  # in another currency
    )
    words = [one.text(str) for one in of_plan(made)]
    assert "2 → 4 segments, one message of each sample" in words
    assert "about 0.0083 USD → 0.0166 USD, one message of each sample" in words
    assert not any("EUR" in one for one in words)


def test_of_many_characters_a_few_are_named() -> None:
    many = [
        RenderingEffect("acme/template/a", str(n), BEFORE, replace(AFTER, odd=Odd(chr(0x2600 + n), 1)))
        for n in range(5)
    ]
    (line,) = [one for one in of_plan(plan(change("a", *many))) if "UCS-2" in one.words]
    assert (len(line.names), line.words.endswith("and 2 more characters")) == (3, True)


def test_what_was_ucs_2_before_does_not_turn() -> None:
    other = replace(AFTER, body="Hi ☕☕")
    said_of = of_plan(plan(change("a", RenderingEffect("acme/template/a", "ada", AFTER, other))))
    assert [one.words for one in said_of] == ["1 message reads or goes otherwise"]


def test_a_change_that_nobody_notices_says_nothing() -> None:
    assert of_change(EVERYTHING.changes[2]) == ""
    assert of_plan(plan(EVERYTHING.changes[2])) == []


class TestBeside:
    @pytest.mark.parametrize(("width", "each"), [(0, 0), (56, 0), (57, 24), (120, 55)])
    def test_texts_stand_beside_each_other_where_both_fit(self, width: int, each: int) -> None:
        assert column(width, 6) == each

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("Hi Ada", "Hi Grace"),
            ("same\nold line that is long enough to be cut somewhere", "same\nnew\nlines"),
            ("日本語" * 20, "👩‍👧 " * 20),
            ("x" * 100, ""),
            ("a\u202eb\tc", "two  spaces   here and on"),
        ],
    )
    def test_nothing_is_lost_and_the_columns_stand_straight(self, before: str, after: str) -> None:
        from rich.cells import cell_len

        from engine.reconcile.lines import printable

        rows = list(beside(before, after, column=24, indent=6))
        assert {cell_len(row.text) for row in rows} == {30}
        assert all(cell_len(row.right) <= 27 for row in rows)
        for side, text in ((rows, before), (None, after)):
            shown = "".join((row.text[6:] if side else row.right[3:]).replace(" ", "") for row in rows)
            assert shown == "".join(printable(line) for line in text.split("\n")).replace(" ", "")

    def test_rows_that_both_have_are_dim(self) -> None:
        styles = [(row.style, row.right_style) for row in beside("a\nb", "a\nc", column=24, indent=0)]
        assert styles == [("dim", "dim"), ("remove", "add")]
