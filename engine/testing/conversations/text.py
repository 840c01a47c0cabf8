"""What came of conversation tests, for people to read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from engine.reconcile.lines import Line
from engine.testing.conversations.coverage import Coverage
from engine.testing.conversations.results import Failure, Result
from engine.testing.conversations.words import compare, visible
from engine.types import Source


def summary(results: Sequence[Result]) -> str:
    """Gives `3 passed, 1 failed in 0.04 s`."""
    failed = sum(not result.passed for result in results)
    parts = [f"{len(results) - failed} passed"] + ([f"{failed} failed"] if failed else [])
    return f"{', '.join(parts)} in {sum(result.seconds for result in results):.2f} s"


def by_file(results: Iterable[Result]) -> Iterator[Line]:
    """Gives a line a file: how many of its tests passed and failed."""
    files: dict[str, list[Result]] = {}
    for result in results:
        files.setdefault(result.place.file, []).append(result)
    for file, there in files.items():
        failed = sum(not result.passed for result in there)
        counts = f"{len(there) - failed} passed" + (f", {failed} failed" if failed else "")
        yield Line("remove" if failed else "", f"{file}: {counts}")


def failure_lines(result: Result) -> Iterator[Line]:
    """Gives everything that failed in a test: each step, and what was expected of it beside what came."""
    yield Line("head", f"FAILED {at(result.place)}: {visible(result.name)}")
    for step in result.failed:
        yield Line("", f"  step {step.number} of {len(result.steps)}: {step.title}")
        for failure in step.failures:
            yield Line("dim", f"    {failure.what}  {at(failure.place)}")
            yield from _difference(failure)


def coverage_lines(coverage: Coverage, workspaces: Sequence[str]) -> Iterator[Line]:
    """Gives how much was shown of each workspace, and what was not, each with its place."""
    yield Line("head", "coverage")
    for name in workspaces:
        counts = [(kind, *coverage.count(kind, name)) for kind in ("rule", "reply", "branch")]
        shown = ", ".join(f"{_plural(kind)} {there}/{total}" for kind, there, total in counts if total)
        yield Line("", f"  {name}: {shown}")
    for item in coverage.missing:
        place = at(item.place) if item.place is not None else "built in"
        yield Line("warn", f"  {place}: {item.kind} never shown: {item.name}")
    yield Line("", f"  {coverage.percent:.0f} %")


def at(place: Source) -> str:
    """Gives a place as editors open it."""
    return f"{place.file}:{place.line}"


def _plural(kind: str) -> str:
    return {"rule": "rules", "reply": "replies", "branch": "branches"}[kind]


def _difference(failure: Failure) -> Iterator[Line]:
    if not failure.is_text:
        yield Line("add", f"      expected  {visible(failure.expected)}")
        yield Line("remove", f"      came      {visible(failure.actual)}")
        return
    for expected, actual, marks in compare(failure.expected, failure.actual):
        yield Line("add", f"      expected  {expected}".rstrip())
        yield Line("remove", f"      came      {actual}".rstrip())
        if marks:
            yield Line("", f"                {marks}")
