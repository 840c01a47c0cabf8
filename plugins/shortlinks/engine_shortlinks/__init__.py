"""Engine's own short links."""

from __future__ import annotations

from collections.abc import Iterable

from engine import Shortener, hookimpl


@hookimpl
def register_shorteners() -> Iterable[type[Shortener]]:
    """Offers the shortener `shortlinks`."""
    from engine_shortlinks.shortener import ShortLinks

    return [ShortLinks]
