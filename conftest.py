"""What every test in tests/ and plugins/*/tests runs under: a bare environment.

The network is closed but for this machine by pytest-socket, whose options stand in pyproject.toml.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

# Whatever a developer's shell says to Engine, to a provider, to git or to an HTTP client must not reach a test.
STRIPPED = re.compile(
    r"^(ENGINE|TWILIO|GIT)_|^(HTTPS?|ALL|NO)_PROXY$|^(FORCE_COLOR|CLICOLOR.*|COLUMNS|LINES|PYTHONDONTWRITEBYTECODE)$",
    re.IGNORECASE,
)
SET = {"NO_COLOR": "1", "ENGINE_CACHE": "", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


def pytest_configure() -> None:
    """Strips the environment before anything is collected, for this process and those it starts."""
    for name in [name for name in os.environ if STRIPPED.search(name)]:
        del os.environ[name]
    os.environ.update(SET)
    sys.dont_write_bytecode = False  # or each of some hundred processes compiles all that it imports
    # `engine` is the one beside this interpreter, whether or not its virtual environment is active.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
