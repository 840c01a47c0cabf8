"""The tour and the tutorial, followed to the letter."""

from __future__ import annotations

from pathlib import Path

import pytest
from walkthrough import follow

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize(("page", "commands"), [("README.md", 14), ("docs/tutorial/first-message.md", 14)])
def test_the_page_tells_the_truth(page: str, commands: int, tmp_path: Path) -> None:
    assert follow((ROOT / page).read_text(encoding="utf-8"), tmp_path) >= commands
