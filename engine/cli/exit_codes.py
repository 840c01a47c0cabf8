"""What the process ends with: a contract."""

from __future__ import annotations

from engine import errors

FINE = 0
INTERNAL = 1  # a bug; the only one with a traceback
CHANGES = 2  # only with --detailed-exitcode or --exit-code
CONFIG = 3
TESTS = 4
RAIL = 5
STALE = 6
LOCK = 7
PARTLY = 8
OUTSIDE = 9  # provider, credentials, network, or a state that cannot be opened or written
USAGE = 64

_BY_ERROR: tuple[tuple[type[errors.EngineError], int], ...] = (
    (errors.UsageError, USAGE),
    (errors.ConfigError, CONFIG),
    (errors.PlanStale, STALE),
    (errors.RailBlocked, RAIL),
    (errors.PullRefused, RAIL),
    (errors.LockHeld, LOCK),
    (errors.RepositoryUnavailable, OUTSIDE),
    (errors.StateUnavailable, OUTSIDE),
    (errors.AppliedInPart, PARTLY),
    (errors.ChangeRefused, OUTSIDE),
    (errors.ProviderUnavailable, OUTSIDE),
    (errors.SendError, OUTSIDE),
)


def of(error: errors.EngineError) -> int:
    """Gives the exit code for an error."""
    return next((code for kind, code in _BY_ERROR if isinstance(error, kind)), INTERNAL)
