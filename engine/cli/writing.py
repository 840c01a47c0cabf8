"""How commands write files of the config."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from engine.errors import ConfigError

USUAL_MODE = 0o644


def write_beside(path: Path, text: str) -> None:
    """Writes beside a file and moves it into its place, so that a full disk leaves the old one. Raises ConfigError."""
    target = path.resolve()
    try:
        handle, beside = tempfile.mkstemp(dir=target.parent, prefix=".engine-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
                stream.write(text)
            Path(beside).chmod(target.stat().st_mode & 0o777 if target.exists() else USUAL_MODE)
            Path(beside).replace(target)
        except BaseException:
            Path(beside).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from error
