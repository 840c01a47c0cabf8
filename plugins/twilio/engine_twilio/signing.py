"""Whether Twilio made a call: the header X-Twilio-Signature.

It is an HMAC-SHA1 over the whole public address and, for a form, every parameter: sorted by name, repeated ones by
value, blank ones too, and each of several equal ones once. Any other body is covered by its SHA-256 in the address.
There is no time in it: whoever takes calls must know the ones that came before.
Sources: https://www.twilio.com/docs/usage/security#validating-requests and Twilio's own libraries, as of 2026-11-24.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import parse_qsl, unquote, urlsplit

from engine import InvalidSignature, WebhookRequest

FORM = "application/x-www-form-urlencoded"
DEFAULT_PORTS = {"https": 443, "http": 80}

Parameters = Mapping[str, Sequence[str]]


def parameters_of(request: WebhookRequest) -> Parameters:
    """Gives the parameters of a call, each with all its values: of the form, or for GET of the address."""
    text = urlsplit(request.url).query if request.method == "GET" else request.body.decode("utf-8", "replace")
    found: dict[str, list[str]] = {}
    # As `parse_qsl` would read it, which takes longer than all the rest of a check. A plus sign begins every number.
    for field in text.replace("+", " ").replace("%2B", "+").split("&"):
        name, _, value = field.partition("=")
        if "%" in field:
            name, value = unquote(name, errors="replace"), unquote(value, errors="replace")
        if name in found:
            found[name].append(value)
        elif field:
            found[name] = [value]
    return found


def is_form(request: WebhookRequest) -> bool:
    """True where the body holds parameters."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return request.method != "GET" and kind == FORM


def check(request: WebhookRequest, parameters: Parameters, tokens: Iterable[str]) -> None:
    """Raises InvalidSignature unless one of the tokens signed the call."""
    given = request.headers.get("x-twilio-signature", "").encode()
    signed = ""
    if is_form(request):
        signed = "".join([name + _all_of(name, parameters[name]) for name in sorted(parameters)])
    elif request.body:
        _check_body(request)
    # Each comparison takes constant time, and only who has signed rightly learns that another one was not needed.
    if not any(
        hmac.compare_digest(signature(token, url, signed), given) for token in tokens for url in _addresses(request.url)
    ):
        raise InvalidSignature("the signature is not Twilio's")


def signature(token: str, url: str, signed: str) -> bytes:
    """Gives what the header must say; `signed` are the parameters of a form, each name with its value behind it."""
    return base64.b64encode(hmac.digest(token.encode(), (url + signed).encode(), hashlib.sha1))


def _all_of(name: str, values: Sequence[str]) -> str:
    """Gives what stands behind the first name of a parameter: its values, the name again before each other one."""
    return values[0] if len(values) == 1 else name.join(sorted(set(values)))


def _check_body(request: WebhookRequest) -> None:
    wanted = [value for name, value in parse_qsl(urlsplit(request.url).query) if name == "bodySHA256"]
    made = hashlib.sha256(request.body).hexdigest()
    if len(wanted) != 1 or not hmac.compare_digest(wanted[0].lower().encode(), made.encode()):
        raise InvalidSignature("the body is not the one that was signed")


def _addresses(url: str) -> Iterator[str]:
    """Gives an address as it is, and with or without the port: Twilio is not consistent about it."""
    yield url
    scheme, mark, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    name, colon, port = host.rpartition(":")
    if colon and port.isdigit():
        yield f"{scheme}{mark}{name}{slash}{path}"
    elif scheme in DEFAULT_PORTS:
        yield f"{scheme}{mark}{host}:{DEFAULT_PORTS[scheme]}{slash}{path}"
