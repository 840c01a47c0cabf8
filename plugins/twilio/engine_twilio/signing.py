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
from collections.abc import Collection, Iterable, Iterator
from urllib.parse import parse_qsl, unquote, urlsplit

from engine import InvalidSignature, WebhookRequest

FORM = "application/x-www-form-urlencoded"
DEFAULT_PORTS = {"https": 443, "http": 80}


class Parameters:
    """The parameters of a call. `last` has each with its last value, and `repeated` all values of those that come more
    than once."""

    __slots__ = ("last", "repeated")

    def __init__(self, text: str) -> None:
        """Reads a query string or a form, as `parse_qsl` would, which takes longer than all the rest of a check."""
        self.repeated: dict[str, list[str]] = {}
        self.last: dict[str, str] = {}
        text = text.replace("+", " ").replace("%2B", "+")  # a plus sign begins every number
        fields = text.split("&")
        if "%" not in text:
            once = {}
            for field in fields:
                name, _, value = field.partition("=")
                once[name] = value
            if len(once) == len(fields) and "" not in once:
                self.last = once
                return
        self._read(fields)

    def _read(self, fields: Iterable[str]) -> None:
        """Reads fields that are escaped, empty or come more than once."""
        last = self.last
        for field in filter(None, fields):
            name, _, value = field.partition("=")
            if "%" in field:
                name, value = unquote(name, errors="replace"), unquote(value, errors="replace")
            if name in last:
                self.repeated.setdefault(name, [last[name]]).append(value)
            last[name] = value

    def get(self, name: str) -> str:
        """Gives the last value of a parameter, empty where it is not there."""
        return self.last.get(name, "")

    def signed(self) -> str:
        """Gives them as they are signed."""
        last = self.last
        if not self.repeated:
            return "".join([name + last[name] for name in sorted(last)])
        values = {name: sorted(set(self.repeated.get(name, [value]))) for name, value in last.items()}
        return "".join(name + value for name in sorted(values) for value in values[name])


def parameters_of(request: WebhookRequest) -> Parameters:
    """Gives the parameters of a call: of the form, or for GET of the address."""
    text = urlsplit(request.url).query if request.method == "GET" else request.body.decode("utf-8", "replace")
    return Parameters(text)


def is_form(request: WebhookRequest) -> bool:
    """True where the body holds parameters."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return request.method != "GET" and kind == FORM


def check(request: WebhookRequest, parameters: Parameters, tokens: Collection[str]) -> None:
    """Raises InvalidSignature unless one of the tokens signed the call."""
    given = request.headers.get("x-twilio-signature", "").encode()
    signed = ""
    if is_form(request):
        signed = parameters.signed()
    elif request.body:
        _check_body(request)
    # Each comparison takes constant time, and only who has signed rightly learns that another one was not needed.
    for url in _addresses(request.url):
        for token in tokens:
            if hmac.compare_digest(signature(token, url, signed), given):
                return
    raise InvalidSignature("the signature is not Twilio's")


def signature(token: str, url: str, signed: str) -> bytes:
    """Gives what the header must say; `signed` are the parameters of a form, each name with its value behind it."""
    return base64.b64encode(hmac.digest(token.encode(), (url + signed).encode(), hashlib.sha1))


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
