"""What `engine plan` and `engine validate` take for 10,000 templates: nothing kept, unchanged, after one edit."""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.pairs import ENGINE, Comparison, seconds, table
from benchmarks.validate import PEER, write_config

TEMPLATES = 10_000
PARSING = "PyYAML's C loader and python-liquid, parsing alone"
NOTHING_KEPT, UNCHANGED, EDITED = "nothing kept", "unchanged", "one template edited"


def plans(runs: int = 5) -> list[Comparison]:
    """Compares whole processes, in turns, with a script that only parses the same files; and an edit with no edit.

    Raises CalledProcessError.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_config(folder, TEMPLATES)
        (folder / "peer.py").write_text(PEER, encoding="utf-8")
        _seconds(folder, [ENGINE, "apply", "--yes"])
        times: dict[tuple[str, str], list[float]] = {}
        for turn in range(runs):
            for (what, state), took in _turn(folder, turn).items():
                times.setdefault((what, state), []).append(took)
    medians = {key: statistics.median(took) for key, took in times.items()}

    def compared(what: str, state: str, peer: float, says: str, target: float) -> Comparison:
        label = f"{what} of {TEMPLATES:,} templates, {state}"
        return Comparison(label, f"engine {what}", says, medians[what, state], peer, target, runs)

    parsed = medians["peer", ""]
    return [
        *(compared(what, NOTHING_KEPT, parsed, PARSING, 2) for what in ("plan", "validate")),
        *(compared(what, UNCHANGED, parsed, PARSING, 0.3) for what in ("plan", "validate")),
        compared("plan", EDITED, medians["plan", UNCHANGED], f"the same, {UNCHANGED}", 1.5),
    ]


def _turn(folder: Path, turn: int) -> dict[tuple[str, str], float]:
    found = {("peer", ""): _seconds(folder, [sys.executable, "peer.py", "config"])}
    for what in ("validate", "plan"):
        shutil.rmtree(folder / "cache", ignore_errors=True)
        for state in (NOTHING_KEPT, UNCHANGED):
            found[what, state] = _seconds(folder, [ENGINE, what])
    template = next((folder / "config").rglob("*.liquid"))
    text = template.read_text(encoding="utf-8")
    template.write_text(text.replace("thank you", f"thanks, {turn} times,"), encoding="utf-8")
    found["plan", EDITED] = _seconds(folder, [ENGINE, "plan"])
    template.write_text(text, encoding="utf-8")
    return found


def _seconds(folder: Path, command: Sequence[str]) -> float:
    return seconds(command, folder, {"ENGINE_CACHE": str(folder / "cache")})


if __name__ == "__main__":
    print(table(plans()))
