"""engine test: conversation tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.cli import exit_codes
from engine.cli.context import App, pass_app
from engine.cli.output import format_option, print_json
from engine.errors import UsageError

if TYPE_CHECKING:
    from engine.testing.conversations.coverage import Coverage
    from engine.testing.conversations.results import Result
    from engine.testing.conversations.suite import Case, Suite

HOME = "they stand in workspaces/*/tests/*.yaml"


@click.command("test")
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path))
@click.option("-k", "name", metavar="NAME", help="Only tests whose name holds this, whatever its case.")
@click.option("--coverage", "cover", is_flag=True, help="Say which rules, replies and branches were shown.")
@click.option(
    "--coverage-min",
    "least",
    type=click.FloatRange(0, 100),
    metavar="PERCENT",
    help="Fail where less was shown; implies --coverage.",
)
@click.option("--junit", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write JUnit XML.")
@format_option()
@pass_app
def command(
    app: App,
    paths: tuple[Path, ...],
    name: str | None,
    cover: bool,
    least: float | None,
    junit: Path | None,
    format_: str,
) -> int:
    """Play the conversation tests of the config, or those in PATH (files or folders).

    What people write goes through the code that answers real people, on a clock that the tests set. Nothing is sent,
    no state is touched, and neither the network, a secret nor a variable of the environment is needed. Ends with 4
    where a test fails or the coverage is below its minimum.

    \b
    Example:
      engine test
      engine test config/workspaces/acme/tests/club.yaml -k joins
      engine test --coverage --coverage-min 90 --junit results.xml
    """
    from engine.testing.conversations.suite import Suite

    covering = cover or least is not None
    suite = Suite.open(app.config, environment=app.environment, trace=covering)
    cases = _chosen(app, suite, paths, name)
    results = [suite.run(case) for case in cases]
    workspaces = sorted({case.workspace for case in cases}) if paths or name else list(suite.project.workspaces)
    coverage = suite.coverage(workspaces) if covering else None
    if junit is not None:
        _write(junit, results)
    enough = coverage is None or least is None or coverage.percent >= least
    if format_ == "json":
        _print_json(results, coverage, least)
    else:
        _print(results, coverage, workspaces)
        if coverage is not None and not enough:
            click.echo(f"the coverage is {coverage.percent:.1f} %, and {least:g} % are asked for", err=True)
    return exit_codes.FINE if enough and all(result.passed for result in results) else exit_codes.TESTS


def _chosen(app: App, suite: Suite, paths: Sequence[Path], name: str | None) -> list[Case]:
    cases = list(suite.cases)
    if paths:
        wanted = [path.resolve() for path in paths]
        for given, path in zip(paths, wanted, strict=True):
            if not path.exists():
                raise UsageError(
                    f"there is no {str(given)!r}", hint="name a file of tests, or a folder that holds some"
                )
        root = app.folder.resolve()
        cases = [case for case in cases if any((root / case.place.file).is_relative_to(path) for path in wanted)]
    if name is not None:
        cases = [case for case in cases if name.casefold() in case.name.casefold()]
    if not cases and (paths or name is not None):
        raise UsageError(
            "no test was chosen", hint="`engine test` plays all of them; tests are in workspaces/*/tests/*.yaml"
        )
    return cases


def _print(results: Sequence[Result], coverage: Coverage | None, workspaces: Sequence[str]) -> None:
    from engine.cli.planning import COLOURS
    from engine.testing.conversations.text import by_file, coverage_lines, failure_lines, summary

    lines = list(by_file(results))
    for result in results:
        if not result.passed:
            lines += failure_lines(result)
    if coverage is not None:
        lines += coverage_lines(coverage, workspaces)
    for line in lines:
        click.echo(click.style(line.text, **COLOURS[line.style]))
    click.echo(summary(results) if results else f"no tests: {HOME}")


def _print_json(results: Sequence[Result], coverage: Coverage | None, least: float | None) -> None:
    failed = sum(not result.passed for result in results)
    document = {
        "passed": len(results) - failed,
        "failed": failed,
        "tests": [result.as_json() for result in results],
    }
    if coverage is not None:
        document["coverage"] = {**coverage.as_json(), "minimum": least}
    print_json(document)


def _write(path: Path, results: Sequence[Result]) -> None:
    from engine.testing.conversations.junit import junit

    try:
        path.write_bytes(junit(results))
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}", hint="give --junit a file of yours") from error
