"""What stands under `delivery:` beside `provider: sandbox`."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field

from engine import Duration, Options


class SandboxOptions(Options):
    """How the sandbox's phone network behaves. Every key has a default."""

    network: str = Field(
        "sandbox",
        pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$",
        description="Name of the phone network: the file NAME.db in the state folder. Workspaces may share one.",
    )
    latency_ms: int = Field(0, ge=0, le=60_000, description="How long it takes to take a message, in milliseconds.")
    sent_after: Duration = Field(timedelta(0), description="Time until a message that was taken counts as sent.")
    delivered_after: Duration = Field(
        timedelta(0), description="Time until a sent message arrives and its delivery receipt comes back."
    )
    unreachable: dict[str, str] = Field(
        {},
        description="Phones that nothing reaches: number → error code of the receipt, e.g. 30003 for one that is off.",
    )
    phones: Literal["this-machine", "anywhere"] = Field(
        "this-machine",
        description="Who may look at the phones at /sandbox, and text from them: this machine alone, or everybody who"
        " reaches the server. Nobody is asked for a password.",
    )
