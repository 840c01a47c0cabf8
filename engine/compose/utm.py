"""UTM parameters: what a web analytics tool is told of where a visitor comes from.

https://support.google.com/analytics/answer/10917952 lists them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote, unquote_plus

from engine.config.settings_models import Utm
from engine.types import Json

SIGNATURES = frozenset(
    {
        "x-amz-signature",  # https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
        "x-goog-signature",  # https://cloud.google.com/storage/docs/authentication/signatures
        "signature",  # Amazon CloudFront, signed routes of web frameworks
        "sig",  # https://learn.microsoft.com/en-us/rest/api/storageservices/create-service-sas
        "sign",
        "hmac",
    }
)
"""Parameters that sign an address. Many cover all the others: with one more, the address is refused."""


class Tagger:
    """Adds a workspace's UTM parameters to destinations."""

    def __init__(self, rules: Utm) -> None:
        self.hosts = None if rules.hosts is None else tuple(rules.hosts)
        self._values = {
            f"utm_{name}": value
            for name, value in rules.model_dump(exclude={"hosts"}).items()  # in the order of the model
            if value is not None
        }

    def tags(self, facts: Mapping[str, Json]) -> list[tuple[str, str]]:
        """Gives the parameters, encoded, of a message of which these facts are known."""
        return [(name, quote(value.format_map(facts), safe="/")) for name, value in self._values.items()]


def tagged(url: str, tags: Sequence[tuple[str, str]]) -> str:
    """Gives an address with those parameters that it lacks, and nothing else about it changed: neither order and
    spelling of the others nor the fragment. A signed one stays as it is."""
    address, mark, fragment = url.partition("#")
    query = address.partition("?")[2]
    there = {unquote_plus(part.partition("=")[0]).lower() for part in query.split("&")}
    if there & SIGNATURES:
        return url
    more = "&".join(f"{name}={value}" for name, value in tags if name not in there)
    if not more:
        return url
    joint = "?" if "?" not in address else "" if query == "" or query.endswith("&") else "&"
    return f"{address}{joint}{more}{mark}{fragment}"
