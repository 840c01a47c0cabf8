from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from plans import EVERYTHING, change, plan, rendering, warning
from syrupy.assertion import SnapshotAssertion

from engine.reconcile.changes import Blocked
from engine.reconcile.fitting import fit, length
from engine.reconcile.markdown import LIMIT, markdown, marker

READER = MarkdownIt("gfm-like", {"html": True, "linkify": False})


def whole(report: str) -> None:
    """Checks that nothing in a report was cut: what opens closes, and the end is there."""
    assert report.count("<details") == report.count("</details>")
    assert len(re.findall(r"^`{3,}diff$", report, re.MULTILINE)) == len(re.findall(r"^`{3,}$", report, re.MULTILINE))
    assert report.endswith(f"Digest `{'d' * 64}`")
    for token in READER.parse(report):
        for child in token.children or ():
            assert "`" not in child.content or child.type == "code_inline"


def test_a_plan_with_everything(snapshot: SnapshotAssertion) -> None:
    report = markdown(EVERYTHING)
    whole(report)
    assert report == snapshot


def test_an_empty_plan_says_so() -> None:
    report = markdown(plan())
    assert "nothing to change" in report
    assert "<details" not in report


@pytest.mark.parametrize("environment", [None, "production", "a --> <b>", "--", "✓", "\udc80"])
def test_the_marker_is_the_first_line_and_hidden(environment: str | None) -> None:
    mark = marker(environment)
    assert re.fullmatch(r"<!-- engine-plan [A-Za-z0-9%._~-]+ -->", mark)
    assert markdown(EVERYTHING).startswith(marker("production") + "\n")


def test_markers_tell_environments_apart() -> None:
    assert len({marker(name) for name in (None, "production", "staging")}) == 3


class TestLimit:
    def test_many_changes_are_shortened_then_counted(self) -> None:
        changes = [change(f"t{number:05}", rendering(f"Message {number} " * 20)) for number in range(3_000)]
        report = markdown(plan(*changes))
        whole(report)
        assert LIMIT - 6_000 < length(report) < LIMIT
        told = set(re.findall(r"acme/template/(t\d{5})", report))
        left = re.search(r"_(\d+) more changes do not fit into a comment: (\d+) to update", report)
        assert left is not None
        assert left[1] == left[2]
        assert len(told) + int(left[1]) == 3_000

    def test_what_fits_is_told_in_full_and_the_rest_as_a_line(self) -> None:
        changes = [change(f"t{number}", rendering("x" * 8_000)) for number in range(12)]
        report = markdown(plan(*changes))
        whole(report)
        assert report.count("x" * 8_000) > 3
        assert all(f"acme/template/t{number}" in report for number in range(12))
        assert "more changes" not in report

    def test_a_text_that_is_too_long_is_left_out_whole(self) -> None:
        report = markdown(
            plan(change("long", rendering("y" * 70_000), body="z" * 70_000), change("short", rendering("Hi!")))
        )
        whole(report)
        assert "yy" not in report
        assert "zz" not in report
        assert "~ acme/template/long" in report
        assert "Hi!" in report

    def test_rails_come_before_changes_and_changes_before_warnings(self) -> None:
        report = markdown(
            plan(
                *(change(f"t{number}", rendering("x" * 2_000)) for number in range(40)),
                blocked=[Blocked("protect", f"acme/template/t{number}", "r" * 100) for number in range(20)],
                warnings=[warning("w" * 70_000), *(warning(f"w{number}") for number in range(2_000))],
            )
        )
        whole(report)
        assert report.count("--allow protect:") == 20
        assert all(f"acme/template/t{number}" in report for number in range(40))
        assert re.search(r"- and \d+ more warnings", report)
        assert "www" not in report

    def test_characters_outside_the_first_plane_and_mentions_count_double(self) -> None:
        for text in ("😀", "@a "):
            changes = [change(f"t{number}", rendering(text * 2_000)) for number in range(40)]
            report = markdown(plan(*changes))
            whole(report)
            assert len(report.encode("utf-16-le")) // 2 + report.count("@") < LIMIT

    @given(
        st.lists(
            st.lists(st.integers(1, 50), min_size=1, max_size=3).map(lambda sizes: sorted(sizes, reverse=True)),
            max_size=8,
        ),
        st.integers(0, 200),
    )
    def test_what_is_chosen_fits_and_nothing_more_would(self, sizes: list[list[int]], room: int) -> None:
        parts = [["x" * size for size in forms] for forms in sizes]
        chosen = fit(parts, room)
        used = sum(len(form) + 2 for form in chosen if form is not None)
        assert used <= room
        for form, forms in zip(chosen, parts, strict=True):
            assert form is None or form in forms
            longer = [other for other in forms if len(other) > len(form or "")]
            # The shortest form alone may be left out for want of room; a longer one only where it would not fit.
            assert form is None or all(used - len(form) + len(other) > room for other in longer)


HOSTILE = (
    "</code></td></table></details>\n\n# Approved\n\n@everyone ![x](https://evil.example/x.png) `` ``` <!-- --> \u202e|"
)


def test_hostile_names_and_words_stay_in_code() -> None:
    bad = change(HOSTILE, rendering(HOSTILE, sample=HOSTILE), rendering("x", before=None, sample=HOSTILE), body=HOSTILE)
    made = plan(bad, blocked=[Blocked("protect", HOSTILE, HOSTILE)], warnings=[warning(HOSTILE, HOSTILE)])
    report = markdown(made)
    assert "\u202e" not in report
    for token in READER.parse(report):
        for read in (token, *(token.children or ())):
            assert read.type not in ("image", "link_open", "html_inline"), read
            assert read.type != "heading_open" or read.tag == "h3"
            if read.type in ("text", "html_block"):
                assert not re.search(r"evil|everyone|Approved", re.sub("<code>.*?</code>", "", read.content)), read
