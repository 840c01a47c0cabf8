"""Checks of senders.yaml beyond the shape of its values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from engine.config.addresses import check_countries, check_url, texts
from engine.config.explain import Checker, Path

_IDENTITIES = ("number", "alphanumeric", "messaging_service")


def check_senders(checker: Checker, workspace: str, senders: Mapping[str, Any]) -> None:
    """Reports senders that are not exactly one thing, or the same thing twice, or cannot do what they say."""
    taken: dict[str, str] = {}
    for name, data in senders.items():
        if isinstance(data, dict):
            address, at = f"{workspace}/sender/{name}", ("senders", name)
            _check_identity(checker, address, at, data)
            _check_mms(checker, address, at, data)
            _check_webhooks(checker, address, at, data)
            check_countries(checker, address, [((*at, *path), code) for path, code in texts(data, "countries")])
            for key in ("number", "messaging_service"):
                value = data.get(key)
                if not isinstance(value, str):
                    continue
                if value in taken:
                    message = f"{value} is the sender {taken[value]!r} already"
                    checker.at((*at, key), "sender.duplicate", message, "keep one of them", address=address)
                taken.setdefault(value, name)


def _check_identity(checker: Checker, address: str, at: Path, data: Mapping[str, Any]) -> None:
    given = [key for key in _IDENTITIES if data.get(key) is not None]
    if len(given) != 1:
        what = "none" if not given else " and ".join(given)
        message = f"a sender is exactly one of number, alphanumeric and messaging_service; this one has {what}"
        hint = "keep one of them" if given else 'add `number: "+14155550100"` and its kind, or one of the others'
        checker.at((*at, given[1]) if given else at, "sender.identity", message, hint, address=address, key=True)
        return
    kind, number = data.get("kind"), data.get("number")
    if given == ["number"] and kind is None:
        hint = "add `kind:` long-code, toll-free or short-code"
        checker.at(at, "config.missing", "'kind' is missing beside 'number'", hint, address=address, key=True)
    elif given != ["number"] and kind is not None:
        message = f"{given[0]!r} has no kind"
        checker.at((*at, "kind"), "sender.kind", message, "take `kind:` out", address=address)
    elif isinstance(number, str) and kind in ("long-code", "toll-free", "short-code"):
        is_long = number.startswith("+")
        if is_long == (kind == "short-code"):
            message = f"{number} is {'a whole phone number' if is_long else 'a short code'}, not a {kind}"
            hint = (
                "write `kind: long-code` or `toll-free`" if is_long else "write `kind: short-code`, or the number as +…"
            )
            checker.at((*at, "kind"), "sender.kind", message, hint, address=address)


def _check_webhooks(checker: Checker, address: str, at: Path, data: Mapping[str, Any]) -> None:
    webhooks = data.get("webhooks")
    if not isinstance(webhooks, dict):
        return
    if data.get("alphanumeric") is not None:
        message = "nobody can text an alphanumeric sender: it has no webhooks"
        checker.at((*at, "webhooks"), "sender.webhooks", message, "take `webhooks:` out", address=address)
        return
    for name, url in webhooks.items():
        if not isinstance(url, str) or "://" not in url:
            continue
        path: Path = (*at, "webhooks", name)
        if "@" in urlsplit(url).netloc:
            hint = "what is called is to check the provider's signature instead"
            message = "a user name or password stands in the address"
            checker.at(path, "sender.webhooks", message, hint, address=address)
        else:
            check_url(checker, address, [(path, url)])


def _check_mms(checker: Checker, address: str, at: Path, data: Mapping[str, Any]) -> None:
    # Alphanumeric sender IDs carry text alone, in every country and at every provider.
    if data.get("alphanumeric") is not None and data.get("mms") is True:
        checker.at(
            (*at, "mms"), "sender.mms", "an alphanumeric sender cannot send MMS", "take `mms:` out", address=address
        )
