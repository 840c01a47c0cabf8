"""What every test may ask for."""

from __future__ import annotations

from pathlib import Path

import pytest
from shop import Shop


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A small shop on the sandbox, applied."""
    made = Shop(tmp_path)
    made.write()
    made.engine("apply", "--yes")
    return made
