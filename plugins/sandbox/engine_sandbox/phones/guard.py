"""Who may look at the phones, and who may text from them: nobody has a password here, so it is a matter of place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.requests import Request

HEADERS: Mapping[str, str] = {
    # Nothing inline, nothing from elsewhere but pictures of messages, which the page loads when it is told to.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' https:;"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
        " require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""What every answer carries."""

_PROXIED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")
"""Headers of a proxy or a tunnel, behind which a connection from this machine is none."""


class Refused(Exception):
    """A request that gets no answer but this one."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status
        self.why = why


class Guard:
    """Lets in this machine alone, or everybody (`phones: anywhere`)."""

    def __init__(self, *, anywhere: Callable[[], bool], public_url: str) -> None:
        self._anywhere = anywhere
        self._public = _host(public_url) if public_url else None

    def check(self, request: Request) -> None:
        """Raises Refused where a request comes from elsewhere, or under a name that is not this server's.

        A page of somebody else's whose name was made to lead to this machine (DNS rebinding) is the same origin as
        far as a browser knows; its own name in `Host` gives it away.
        https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Site tells where a request comes from.
        """
        local = _is_local(request.client.host if request.client else "") and not any(
            name in request.headers for name in _PROXIED
        )
        anywhere = self._anywhere()
        if not local and not anywhere:
            raise Refused(403, "the sandbox's phones are for this machine alone (`phones: anywhere` lets everybody in)")
        host = _host(f"//{request.headers.get('host', '')}")
        ours = host == "localhost" or _is_local(host) or (anywhere and (host == self._public or _is_address(host)))
        if not ours:
            raise Refused(421, "open the sandbox's phones by this machine's own name: http://localhost")

    @staticmethod
    def check_reading(request: Request) -> None:
        """Raises Refused where another site's page asks for what only our page has use for."""
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            raise Refused(403, "only the page at /sandbox may read this")

    @staticmethod
    def check_writing(request: Request) -> None:
        """Raises Refused unless the request says that it comes from our own page (cross-site request forgery)."""
        site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
        same = origin is not None and origin.partition("://")[2] == request.headers.get("host")
        if (site is None and origin is None) or site not in (None, "same-origin") or (origin is not None and not same):
            raise Refused(403, "only the page at /sandbox may text: send its Origin with the request")
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise Refused(415, "texts are JSON: send Content-Type: application/json")


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower().rstrip(".")
    except ValueError:
        return ""


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _is_local(host: str) -> bool:
    return _is_address(host) and _is_loopback(host)


def _is_loopback(host: str) -> bool:
    address = ip_address(host)
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
