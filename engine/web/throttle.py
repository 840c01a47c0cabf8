"""Keeps who guesses addresses from guessing fast: a token bucket for each client that misses."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from math import ceil

BURST = 20
"""Misses that a client has at once: a telephone company's customers may share one address, and mistype now and then."""

PER_SECOND = 0.5
"""Misses that a client gets back. Where a million links of 10 base58 characters live, ten thousand clients that guess
this fast would find the first in 2.7 years on average."""

CLIENTS = 10_000
"""Clients that are remembered, those who missed last: some 2 MB."""

_V6_BITS = 64
"""Bits of a version 6 address that stand for a client: whoever has one has all the 2^64 of its network."""

_LONGEST = 64
"""Characters that are remembered of what is no address."""


class Throttle:
    """Counts misses by client. Memory is bounded; nothing is kept of who does not miss."""

    def __init__(
        self,
        monotonic: Callable[[], float],
        *,
        burst: int = BURST,
        per_second: float = PER_SECOND,
        clients: int = CLIENTS,
    ) -> None:
        self._monotonic = monotonic
        self._burst = burst
        self._per_second = per_second
        self._clients = clients
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # client → misses left, when that was

    def wait(self, client: str) -> int:
        """Gives how many seconds a client must wait before it is answered; 0 where it need not."""
        if not self._buckets:
            return 0
        left = self._left(_key(client))
        return 0 if left >= 1 else ceil((1 - left) / self._per_second)

    def miss(self, client: str) -> None:
        """Counts a miss."""
        key = _key(client)
        self._buckets[key] = self._left(key) - 1, self._monotonic()
        self._buckets.move_to_end(key)
        if len(self._buckets) > self._clients:
            self._buckets.popitem(last=False)

    def __len__(self) -> int:
        """How many clients are remembered."""
        return len(self._buckets)

    def _left(self, key: str) -> float:
        found = self._buckets.get(key)
        if found is None:
            return self._burst
        left, since = found
        return min(self._burst, left + (self._monotonic() - since) * self._per_second)


def _key(client: str) -> str:
    """Gives what stands for a client: an address without the port that some proxies write behind it."""
    if ":" not in client:
        return client[:_LONGEST]
    bare = client[1:].partition("]")[0] if client.startswith("[") else client
    if bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ip_address(bare)
    except ValueError:
        return client[:_LONGEST]
    if not isinstance(address, IPv6Address):
        return str(address)
    mapped = address.ipv4_mapped
    return str(mapped) if mapped is not None else f"{int(address) >> (128 - _V6_BITS):x}::"
