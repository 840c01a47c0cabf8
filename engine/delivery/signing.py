"""Signs calls of webhooks by the Standard Webhooks scheme, version 1.0.0, with its symmetric signatures (v1).

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime

PREFIX = "whsec_"
KEY_BYTES = range(24, 65)
"""What the scheme lets a secret have: 192 to 512 bits."""


def key_of(secret: str) -> bytes:
    """Gives the key that a secret stands for. Raises ValueError, without repeating it."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True) if secret.startswith(PREFIX) else b""
    except binascii.Error:
        key = b""
    if len(key) not in KEY_BYTES:
        raise ValueError(f"a webhook's secret is {PREFIX} and the base64 of {KEY_BYTES[0]} to {KEY_BYTES[-1]} bytes")
    return key


def signed(call_id: str, body: bytes, keys: Sequence[bytes], *, now: datetime) -> Mapping[str, str]:
    """Gives the headers that say who calls. Every key signs: who is called needs only one of them."""
    timestamp = str(int(now.timestamp()))
    content = b".".join((call_id.encode(), timestamp.encode(), body))
    signatures = (base64.b64encode(hmac.digest(key, content, "sha256")).decode() for key in keys)
    return {
        "webhook-id": call_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
