"""Engine's provider for Twilio. Neither twilio nor its transport is imported until a message is sent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from engine import Provider, hookimpl


@hookimpl
def register_providers() -> Iterable[type[Provider[Any]]]:
    """Offers the provider `twilio`."""
    from engine_twilio.provider import Twilio

    return (Twilio,)
