"""What came of a conversation test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.types import Json, Source


@dataclass(frozen=True, slots=True)
class Failure:
    """One expectation that was not met. `is_text`: both are words to be compared word by word."""

    what: str  # the field of `expect`, e.g. "rule" or "replies.0"; "step" where the step itself could not be done
    expected: str
    actual: str
    place: Source
    is_text: bool = False

    def as_json(self) -> dict[str, Json]:
        """Gives it as `--format json` has it."""
        return {
            "what": self.what,
            "expected": self.expected,
            "actual": self.actual,
            "file": self.place.file,
            "line": self.place.line,
        }


@dataclass(frozen=True, slots=True)
class StepResult:
    """What came of one step. `number` counts from 1."""

    number: int
    title: str
    place: Source
    failures: tuple[Failure, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one test: every step is played, also behind one that failed."""

    workspace: str
    name: str
    place: Source
    steps: Sequence[StepResult]
    seconds: float

    @property
    def failed(self) -> list[StepResult]:
        """The steps that failed."""
        return [step for step in self.steps if step.failures]

    @property
    def passed(self) -> bool:
        """True where every expectation was met."""
        return not self.failed

    def as_json(self) -> dict[str, Json]:
        """Gives it as `--format json` has it."""
        return {
            "workspace": self.workspace,
            "file": self.place.file,
            "line": self.place.line,
            "name": self.name,
            "passed": self.passed,
            "steps": len(self.steps),
            "milliseconds": round(self.seconds * 1000, 3),
            "failures": [{"step": step.number, **f.as_json()} for step in self.failed for f in step.failures],
        }
