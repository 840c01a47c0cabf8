"""Where providers call us."""

from __future__ import annotations

INBOUND_PATH = "/webhooks/{workspace}/{provider}/inbound"
STATUS_PATH = "/webhooks/{workspace}/{provider}/status"


def status_url(public_url: str, workspace: str, provider: str, message_id: str, attempt: int) -> str:
    """Gives the address of a message's status callbacks: it carries our id and the attempt, and nobody's number."""
    path = STATUS_PATH.format(workspace=workspace, provider=provider)
    return f"{public_url}{path}?message={message_id}&attempt={attempt}"
