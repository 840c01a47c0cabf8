"""Engine's number normaliser, on Google's metadata."""

from __future__ import annotations

from collections.abc import Iterable

from engine import NumberNormaliser, hookimpl


@hookimpl
def register_number_normalisers() -> Iterable[type[NumberNormaliser]]:
    """Offers the normaliser `phonenumbers`."""
    from engine_phonenumbers.normaliser import PhoneNumbers

    return [PhoneNumbers]
