"""Engine: GitOps for SMS and MMS. What stands in `__all__` is what plugins and other programs may use."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.compose.segments import count_segments
    from engine.config.values import Duration
    from engine.contracts import (
        NumberNormaliser,
        Options,
        PluginContext,
        Provider,
        Route,
        Shortener,
        Site,
        Taken,
        WorkspaceView,
    )
    from engine.errors import (
        ConfigError,
        CredentialsRefused,
        InvalidNumber,
        InvalidSignature,
        ProviderUnavailable,
        SendError,
        SendOutcome,
        SendScope,
        StateUnavailable,
        UsageError,
    )
    from engine.hookspecs import hookimpl
    from engine.network import Answer, FetchError, Network, fetch, public_network
    from engine.types import (
        E164,
        Absent,
        Ambiguous,
        ConfigView,
        Encoding,
        Event,
        Finding,
        Found,
        InboundMessage,
        Media,
        NumberKind,
        OutboundMessage,
        ProviderStatus,
        Receipt,
        ReceiptJudgement,
        RemoteSender,
        SecretRef,
        Segments,
        Sender,
        SenderKind,
        Severity,
        Source,
        StatusUpdate,
        Suppression,
        WebhookAnswer,
        WebhookRequest,
    )

_ROOMS = {
    "engine.compose.segments": ("count_segments",),
    "engine.config.values": ("Duration",),
    "engine.contracts": (
        "NumberNormaliser",
        "Options",
        "PluginContext",
        "Provider",
        "Route",
        "Shortener",
        "Site",
        "Taken",
        "WorkspaceView",
    ),
    "engine.errors": (
        "ConfigError",
        "CredentialsRefused",
        "InvalidNumber",
        "InvalidSignature",
        "ProviderUnavailable",
        "SendError",
        "SendOutcome",
        "SendScope",
        "StateUnavailable",
        "UsageError",
    ),
    "engine.hookspecs": ("hookimpl",),
    "engine.network": ("Answer", "FetchError", "Network", "fetch", "public_network"),
    "engine.types": (
        "E164",
        "Absent",
        "Ambiguous",
        "ConfigView",
        "Encoding",
        "Event",
        "Finding",
        "Found",
        "InboundMessage",
        "Media",
        "NumberKind",
        "OutboundMessage",
        "ProviderStatus",
        "Receipt",
        "ReceiptJudgement",
        "RemoteSender",
        "SecretRef",
        "Segments",
        "Sender",
        "SenderKind",
        "Severity",
        "Source",
        "StatusUpdate",
        "Suppression",
        "WebhookAnswer",
        "WebhookRequest",
    ),
}
_HOME = {name: module for module, names in _ROOMS.items() for name in names}

__all__ = [
    "E164",
    "Absent",
    "Ambiguous",
    "Answer",
    "ConfigError",
    "ConfigView",
    "CredentialsRefused",
    "Duration",
    "Encoding",
    "Event",
    "FetchError",
    "Finding",
    "Found",
    "InboundMessage",
    "InvalidNumber",
    "InvalidSignature",
    "Media",
    "Network",
    "NumberKind",
    "NumberNormaliser",
    "Options",
    "OutboundMessage",
    "PluginContext",
    "Provider",
    "ProviderStatus",
    "ProviderUnavailable",
    "Receipt",
    "ReceiptJudgement",
    "RemoteSender",
    "Route",
    "SecretRef",
    "Segments",
    "SendError",
    "SendOutcome",
    "SendScope",
    "Sender",
    "SenderKind",
    "Severity",
    "Shortener",
    "Site",
    "Source",
    "StateUnavailable",
    "StatusUpdate",
    "Suppression",
    "Taken",
    "UsageError",
    "WebhookAnswer",
    "WebhookRequest",
    "WorkspaceView",
    "count_segments",
    "fetch",
    "hookimpl",
    "public_network",
]


def __getattr__(name: str) -> Any:
    """Imports a public name when it is first used, so that `import engine` stays cheap."""
    if name not in _HOME:
        raise AttributeError(f"module 'engine' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value
