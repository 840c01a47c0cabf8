"""pytest plays conversation tests too: each one in `config/workspaces/*/tests/*.yaml` is a test of its own.

Found by pytest through its entry point, in every project. Where there is no Engine config it costs one look at the name
of each YAML file that pytest comes across; nothing of Engine is imported before a file of conversation tests is found.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from engine.testing.conversations.results import Result
    from engine.testing.conversations.suite import Case, Suite

INI = "engine_config"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the option for the ini file."""
    words = "Folders of Engine configs whose conversation tests are played, relative to the root. Default: config."
    parser.addini(INI, words, type="linelist", default=["config"])


def pytest_configure(config: pytest.Config) -> None:
    """Remembers which folders hold configs, and what was opened of them."""
    config.stash[_SUITES] = {}
    config.stash[_FOLDERS] = frozenset((config.rootpath / name).resolve() for name in config.getini(INI))


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collects `<config>/workspaces/<name>/tests/*.yaml`, and nothing else."""
    if file_path.suffix != ".yaml" or file_path.parent.name != "tests":
        return None
    workspaces = file_path.parent.parent.parent
    folder = workspaces.parent
    if workspaces.name != "workspaces" or folder.resolve() not in parent.config.stash[_FOLDERS]:
        return None
    if not (folder / "engine.yaml").is_file():
        return None
    return ConversationFile.from_parent(parent, path=file_path)


class ConversationFile(pytest.File):
    """A file of conversation tests."""

    def collect(self) -> Iterator[ConversationItem]:
        """Gives its tests. The config is read and checked once a run, and one that is invalid is an error here."""
        from engine.errors import ConfigError

        try:
            suite = _suite(self.config, self.path.parents[3])
        except ConfigError as error:
            found = [f"{f.file}:{f.line}:{f.column}: {f.severity}: {f.message} [{f.code}]" for f in error.findings]
            raise self.CollectError("\n".join([*found, error.message])) from error
        for case in suite.cases:
            if (suite.folder / case.place.file).resolve() == self.path.resolve():
                yield ConversationItem.from_parent(self, name=case.name, suite=suite, case=case)


class ConversationItem(pytest.Item):
    """One conversation."""

    def __init__(self, *, suite: Suite, case: Case, **about: Any) -> None:
        super().__init__(**about)
        self.suite = suite
        self.case = case

    def runtest(self) -> None:
        """Plays it. Raises ConversationFailed."""
        result = self.suite.run(self.case)
        if not result.passed:
            raise ConversationFailed(result)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Gives what was expected beside what came, as `engine test` does; a traceback only for a bug."""
        if not isinstance(excinfo.value, ConversationFailed):
            return super().repr_failure(excinfo, style)
        from engine.testing.conversations.text import failure_lines

        return "\n".join(line.text for line in failure_lines(excinfo.value.result))

    def reportinfo(self) -> tuple[Path, int, str]:
        """Gives the file, the line from 0, and the name."""
        return self.path, self.case.place.line - 1, f"{self.case.workspace}: {self.name}"


class ConversationFailed(AssertionError):
    """A conversation went another way than its test says."""

    def __init__(self, result: Result) -> None:
        super().__init__(f"{len(result.failed)} of {len(result.steps)} steps failed")
        self.result = result


_SUITES: pytest.StashKey[dict[Path, Suite]] = pytest.StashKey()
_FOLDERS: pytest.StashKey[frozenset[Path]] = pytest.StashKey()


def _suite(config: pytest.Config, folder: Path) -> Suite:
    """Gives the tests of a config, opened when they are first asked for. Raises ConfigError."""
    from engine.testing.conversations.suite import Suite

    suites = config.stash[_SUITES]
    if folder not in suites:
        suites[folder] = Suite.open(folder)
    return suites[folder]
