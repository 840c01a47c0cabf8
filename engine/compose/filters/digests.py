"""Filters that digest and encode texts, for signed links and look-ups."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

from liquid.exceptions import FilterError

from engine.compose.filters.of_text import text_filter
from engine.compose.tags import printed


@text_filter
def md5(text: str) -> str:
    """Gives the MD5 digest in hexadecimal."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


@text_filter
def sha1(text: str) -> str:
    """Gives the SHA-1 digest in hexadecimal."""
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


@text_filter
def sha256(text: str) -> str:
    """Gives the SHA-256 digest in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


@text_filter
def hmac_sha1(text: str, key: object) -> str:
    """Gives the HMAC-SHA-1 under a key, in hexadecimal."""
    return hmac.digest(printed(key).encode(), text.encode(), "sha1").hex()


@text_filter
def hmac_sha256(text: str, key: object) -> str:
    """Gives the HMAC-SHA-256 under a key, in hexadecimal."""
    return hmac.digest(printed(key).encode(), text.encode(), "sha256").hex()


@text_filter
def base64_encode(text: str) -> str:
    """Gives the text's UTF-8 in base64."""
    return base64.b64encode(text.encode()).decode()


@text_filter
def hex_base64(text: str) -> str:
    """Gives bytes that are written in hexadecimal, such as a digest, in base64."""
    try:
        return base64.b64encode(binascii.unhexlify(text)).decode()
    except (binascii.Error, ValueError) as error:
        raise FilterError("hex_base64 needs hexadecimal digits", token=None) from error


FILTERS = {
    "base64": base64_encode,
    "hex_base64": hex_base64,
    "hmac_sha1": hmac_sha1,
    "hmac_sha256": hmac_sha256,
    "md5": md5,
    "sha1": sha1,
    "sha256": sha256,
}
