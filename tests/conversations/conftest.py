"""A small workspace with rules, and a way to play a conversation in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from talk import Talk


@pytest.fixture
def talk(tmp_path: Path) -> Talk:
    made = Talk(tmp_path)
    made.write_all()
    return made
