"""Does a plugin object?"""

from __future__ import annotations

from datetime import datetime, timedelta

from engine.delivery.gates.verdict import Action, Verdict
from engine.plugins import PluginCrash, Plugins
from engine.types import OutboundMessage


def ask_plugins(plugins: Plugins, message: OutboundMessage, now: datetime) -> Verdict:
    """Asks every plugin for a reason not to send. One that crashes keeps the message back until it can be asked."""
    try:
        reasons = plugins.suppress(message, now)
    except PluginCrash as crash:
        return Verdict(
            "plugins", Action.LATER, "engine#plugins", f"plugin.crashed: {crash}", now + timedelta(minutes=1)
        )
    if reasons:
        first = reasons[0]
        words = f"{first.reason}: {first.message}" if first.message else first.reason
        return Verdict("plugins", Action.SUPPRESS, "engine#plugins", words)
    return Verdict("plugins", Action.PASS, "engine#plugins")
