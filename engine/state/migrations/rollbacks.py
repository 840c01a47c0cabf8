"""What a release goes back to, and in which run of a CI a lock is held."""

from __future__ import annotations

STATEMENTS = (
    "ALTER TABLE releases ADD COLUMN restores TEXT",
    "ALTER TABLE locks ADD COLUMN run TEXT",
)
