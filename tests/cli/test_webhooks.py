"""A text that calls a webhook, through the command line: received, called, listed, called again."""

from __future__ import annotations

from shop import Shop
from webhook_server import SECRET, webhook_server

PHONE = "+14155550123"


def test_a_text_calls_a_webhook(shop: Shop) -> None:
    with webhook_server() as server:
        engine, workspace = shop.folder / "config/engine.yaml", shop.folder / "config/workspaces/acme/workspace.yaml"
        engine.write_text(f"{engine.read_text()}local_webhooks: true\n")
        workspace.write_text(
            f"{workspace.read_text()}webhooks:\n  crm: {{url: '{server.url}', secret: '${{CRM_SECRET}}'}}\n"
        )
        (workspace.parent / "keywords.yaml").write_text(
            "keywords:\n  order: {words: [order], reply: code, call: crm, emit: ordered}\n"
        )
        shop.engine("apply", "--yes")  # the secret is not needed for it
        shop.variables = {"CRM_SECRET": SECRET}
        shop.engine("receive", "order 7", "-w", "acme", "--from", PHONE, "--to", "main")
        waiting = {"workspace": "acme", "webhook": "crm", "pending": 1, "failed": 0, "gone_at": None}
        assert shop.json("status")["webhooks"] == [waiting]

        server.answer = lambda called: (410, {})
        shop.engine("run", "--drain")
        listed = shop.json("webhooks", "list", "--state", "failed")
        assert [(call["state"], call["attempts"], call["reason"]) for call in listed["calls"]] == [
            ("failed", 1, "webhook.gone")
        ]
        assert [(gone["webhook"], gone["url"]) for gone in listed["gone"]] == [("crm", server.url)]
        assert len(shop.messages()) == 1, "the answer went its own way"

        server.answer = lambda called: (200, {})
        assert shop.json("webhooks", "retry", "-w", "acme", "--webhook", "crm")["retried"] == 1
        shop.engine("run", "--drain")
        assert [call.data["body"] for call in server.calls] == ["order 7"] * 2
        assert len({call.id for call in server.calls}) == 1
        assert all(call.is_signed_with(SECRET) for call in server.calls)
        (text,) = shop.json("inbound", "-w", "acme")["texts"]
        assert (text["event"], [call["state"] for call in text["calls"]]) == ("ordered", ["delivered"])
        shop.engine("webhooks", "retry", "-w", "acme", "--webhook", "crn", code=64)
