"""Plans to report on, made of plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from engine.caps import Cost
from engine.reconcile.changes import Action, Blocked, Change, Plan, Reason
from engine.reconcile.effects import Effect, Odd, QueuedEffect, Rendering, RenderingEffect, RouteEffect
from engine.types import Finding, Severity, Source

BEFORE = Rendering(
    to="+14155550123",
    sender="+14155550100",
    body="Hi Ada, welcome!\n\nhttps://go.acme.example/old123",
    kind="sms",
    encoding="GSM-7",
    characters=47,
    segments=1,
    cost=Cost(Decimal("0.0083"), "USD"),
    links=(("https://acme.example/old", "https://go.acme.example/old123"),),
)
AFTER = replace(
    BEFORE,
    body="Hi Ada ☕, welcome!\n\nhttps://go.acme.example/new123",
    encoding="UCS-2",
    odd=Odd("☕", 8),
    characters=49,
    segments=2,
    cost=Cost(Decimal("0.0166"), "USD"),
    links=(("https://acme.example/new", "https://go.acme.example/new123"),),
)


def rendering(body: str, *, before: Rendering | None = BEFORE, sample: str = "ada") -> RenderingEffect:
    """Gives how a message comes to read like that."""
    return RenderingEffect("acme/template/welcome", sample, before, replace(AFTER, body=body))


def change(name: str, *effects: Effect, body: str = "Hi", reason: Reason = Reason.EDITED) -> Change:
    """Gives an update of a template's body."""
    address = f"acme/template/{name}"
    was, now = {"body": "Old"}, {"body": body}
    place = Source(f"config/workspaces/acme/templates/{name}.liquid", 5, 1)
    return Change(address, Action.UPDATE, ("body",), was, now, place, effects, reason)


def plan(
    *changes: Change,
    blocked: Sequence[Blocked] = (),
    warnings: Sequence[Finding] = (),
    drift: Sequence[Change] = (),
) -> Plan:
    """Gives a plan of these changes."""
    return Plan("d" * 64, "a" * 16, "production", {}, changes, tuple(blocked), tuple(warnings), tuple(drift))


def warning(message: str, file: str | None = "config/engine.yaml") -> Finding:
    """Gives a warning."""
    return Finding("some.code", Severity.WARNING, message, file=file, line=3, column=1)


EVERYTHING = plan(
    change("welcome", RenderingEffect("acme/template/welcome", "ada", BEFORE, AFTER), body="Hi ☕"),
    change(
        "news",
        RenderingEffect("acme/template/news", "new", None, BEFORE),
        RenderingEffect(
            "acme/template/news", "broken", BEFORE, Rendering(error="template.missing-value", message="no x")
        ),
        RenderingEffect("acme/template/news", "mended", Rendering(error="sender.none-reaches"), BEFORE),
        QueuedEffect("acme/template/news", 12, "migrate"),
        RouteEffect("acme", "support", "open?", "tests", 1, "join", None),
        RouteEffect("acme", "support", "hours", "inbound", 3, None, "hours"),
        RouteEffect("acme", "support", None, "inbound", 1, "join", "hours"),
        RouteEffect("acme", None, None, "inbound", 2, "join", "hours"),
        reason=Reason.ENVIRONMENT,
    ),
    Change("acme/keyword/join", Action.DELETE, (), {"words": ["JOIN"]}, None, None, (), Reason.PLUGIN),
    blocked=[Blocked("protect", "acme/keyword/join", "it is protected")],
    warnings=[warning("a sender is missing"), warning("a thing", None)],
    drift=[
        Change(
            "acme/provider/support",
            Action.UPDATE,
            ("inbound",),
            {"inbound": "https://acme.example/in"},
            {"inbound": "https://other.example/in"},
            None,
            (),
            Reason.DRIFT,
        )
    ],
)
"""A plan with one of everything."""
