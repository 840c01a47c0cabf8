"""No index over the numbers of texts: see `engine.state.lately`."""

from __future__ import annotations

STATEMENTS = ("DROP INDEX inbound_pair",)
