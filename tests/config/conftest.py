"""A config in a folder of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from config_folder import FILES, Config


@pytest.fixture
def config(tmp_path: Path) -> Config:
    made = Config(tmp_path)
    for name, text in FILES.items():
        made.write(name, text)
    return made
