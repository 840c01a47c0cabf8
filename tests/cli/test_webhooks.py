"""A text that calls a webhook, through the command line: received, called, listed, called again."""

from __future__ import annotations

from typing import Any

from webhook_server import SECRET, webhook_server

PHONE = "+14155550123"


def test_a_text_calls_a_webhook(engine: Any) -> None:
    with webhook_server() as server:
        engine.write(
            "config/engine.yaml", "engine: 1\nplugins: [sandbox, phonenumbers, shortlinks]\nlocal_webhooks: true\n"
        )
        engine.write(
            "config/workspaces/acme/workspace.yaml",
            "name: Acme Coffee\nbusiness: {country: US}\n"
            f"webhooks:\n  crm: {{url: '{server.url}', secret: '${{CRM_SECRET}}'}}\n",
        )
        engine.write(
            "config/workspaces/acme/keywords.yaml", "keywords:\n  order: {words: [order], call: crm, emit: ordered}\n"
        )
        engine.run("apply", "--yes")  # the secret is not needed for it
        engine.run("receive", "order 7", "-w", "acme", "--from", PHONE, "--to", "support")
        waiting = {"workspace": "acme", "webhook": "crm", "pending": 1, "failed": 0, "gone_at": None}
        assert engine.json("status")["webhooks"] == [waiting]

        server.answer = lambda called: (410, {})
        drain(engine)
        listed = engine.json("webhooks", "list", "--state", "failed")
        assert [(call["state"], call["attempts"], call["reason"]) for call in listed["calls"]] == [
            ("failed", 1, "webhook.gone")
        ]
        assert [(gone["webhook"], gone["url"]) for gone in listed["gone"]] == [("crm", server.url)]

        server.answer = lambda called: (200, {})
        assert engine.json("webhooks", "retry", "-w", "acme", "--webhook", "crm")["retried"] == 1
        drain(engine)
        assert [call.data["body"] for call in server.calls] == ["order 7"] * 2
        assert len({call.id for call in server.calls}) == 1
        assert all(call.is_signed_with(SECRET) for call in server.calls)
        (text,) = engine.json("inbound", "-w", "acme")["texts"]
        assert (text["event"], [call["state"] for call in text["calls"]]) == ("ordered", ["delivered"])
        assert engine.json("status")["webhooks"] == []
        assert "order" not in engine.run("webhooks", "list"), "what was delivered is not kept"


def test_what_cannot_be_retried(engine: Any) -> None:
    for words in (("-w", "acme"), ("-w", "acme", "--webhook", "crn"), ("-w", "acme", "call_0"), ("-w", "nope", "x")):
        assert engine.call("webhooks", "retry", *words).exit_code == 64
    assert engine.json("webhooks", "list") == {"version": 1, "calls": [], "gone": []}


def drain(engine: Any) -> None:
    """Runs the send loop, which takes signals and so needs a process of its own."""
    process = engine.start("run", "--drain", CRM_SECRET=SECRET)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
