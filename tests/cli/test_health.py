"""Whether what is live does its work, apart from whether it is what the config says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from engine.cli.health import Facts, health, line

WELCOME = "config/workspaces/acme/templates/club/welcome.liquid"
FINE = Facts(is_live=True, due=(), queue={}, workers=(), pauses=(), breakers=(), undone=(), reconcile=None, webhooks=())
PAUSE = {"scope": "acme", "by": "ada@desk", "why": "wrong prices"}
ROUND = {"result": "unchanged", "late": False, "message": None}


@pytest.mark.parametrize(
    ("facts", "state", "codes"),
    [
        ({}, "healthy", []),
        ({"is_live": False}, "missing", []),
        ({"due": ["acme/sender/main"]}, "degraded", ["health.no-worker"]),
        ({"due": ["acme/sender/main"], "workers": [{"alive": False}]}, "degraded", ["health.no-worker"]),
        ({"due": ["acme/sender/main"], "workers": [{"alive": False}, {"alive": True}]}, "healthy", []),
        ({"pauses": [PAUSE]}, "suspended", ["health.paused"]),
        (
            {"pauses": [PAUSE], "breakers": [{"scope": "acme/sender/main", "code": "21606", "message": "no"}]},
            "degraded",
            ["health.rests", "health.paused"],
        ),
        ({"queue": {"acme": {"held": 1}, "brew": {"queued": 9}}}, "degraded", ["health.held"]),
        ({"undone": [{"address": "provider/acme/main"}]}, "degraded", ["health.undone"]),
        ({"reconcile": ROUND}, "healthy", []),
        ({"reconcile": {**ROUND, "result": "drifted"}}, "healthy", []),  # out of sync, and well
        ({"reconcile": {**ROUND, "result": "failed", "message": "no"}}, "degraded", ["health.reconcile"]),
        ({"reconcile": {**ROUND, "late": True}}, "degraded", ["health.reconcile"]),
        ({"webhooks": [{"workspace": "acme", "webhook": "crm", "gone_at": None}]}, "healthy", []),
        ({"webhooks": [{"workspace": "acme", "webhook": "crm", "gone_at": "x"}]}, "degraded", ["health.webhook-gone"]),
    ],
)
def test_is_judged_by(facts: dict[str, Any], state: str, codes: list[str]) -> None:
    found = health(replace(FINE, **facts))
    assert (found["state"], [reason["code"] for reason in found["reasons"]]) == (state, codes)
    assert line(found).startswith(state)


def test_is_another_axis_than_sync(engine: Any) -> None:
    def shown(*words: str, code: int = 0) -> tuple[str, str]:
        status = engine.json("status", *words, code=code)
        return status["sync"], status["health"]["state"]

    assert shown("--health", code=9) == ("out-of-sync", "missing")
    engine.change(WELCOME, "purpose: marketing", "purpose: transactional")
    engine.run("apply", "--yes")
    assert shown("--health", "--exit-code") == ("synced", "healthy")
    engine.change(WELCOME, "Hi ", "Hello ")
    assert shown("--health") == ("out-of-sync", "healthy")
    engine.run("apply", "--yes")
    engine.run("send", "club/welcome", "--workspace", "acme", "--to", "+14155550123")
    assert shown("--exit-code") == ("synced", "degraded")
    assert shown("--health", code=9) == ("synced", "degraded")
    engine.run("run", "--drain")
    engine.run("pause", "acme", "--why", "wrong prices")
    assert shown("--health") == ("synced", "suspended")
    engine.change(WELCOME, "sender: support", "sender: nobody")
    assert shown("--exit-code", code=3) == ("unknown", "suspended")
    said = engine.run("status")
    assert "sync:    unknown" in said
    assert "health:  suspended" in said
