"""Checks of values that name something in the world: countries, time zones, addresses on the web."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from engine.config.countries import COUNTRIES, hint_for
from engine.config.explain import Checker, Path, did_you_mean

LOOPBACK = ("localhost", "127.0.0.1", "::1")
"""Hosts that are this machine."""


def is_local(url: str) -> bool:
    """True for an address on this machine."""
    return urlsplit(url).hostname in LOOPBACK


def texts(data: Any, *path: str) -> list[tuple[Path, str]]:
    """Gives the texts at a path, one or a list of them, each with its own path. What is no text is left out."""
    for step in path:
        data = data.get(step) if isinstance(data, dict) else None
    if isinstance(data, str):
        return [(path, data)]
    if isinstance(data, list):
        return [((*path, index), item) for index, item in enumerate(data) if isinstance(item, str)]
    return []


def check_countries(checker: Checker, address: str, found: list[tuple[Path, str]]) -> None:
    """Reports codes that are no country's."""
    for path, code in found:
        if code not in COUNTRIES and not checker.is_unset(path):
            checker.at(path, "config.country", f"{code!r} is no country", hint_for(code), address=address)


def check_url(checker: Checker, address: str, found: list[tuple[Path, str]], *, base: bool = False) -> None:
    """Reports what is not an https address. A base may not have a query; plain http is for loopback alone."""
    for path, url in found:
        if url and not checker.is_unset(path):
            wrong = why_no_url(url, base=base)
            if wrong:
                hint = "write it like https://acme.example" if "https" in wrong else ""
                checker.at(path, "config.url", f"{url!r} {wrong}", hint, address=address)


def why_no_url(url: str, *, base: bool = False) -> str:
    """Gives what is wrong with an address; empty for a good one."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        return f"is no address: {error}"
    if parts.scheme not in ("https", "http") or not host:
        return "is no https address"
    if parts.scheme == "http" and host not in LOOPBACK:
        return "is not https; plain http is for this machine alone"
    if any(character.isspace() for character in url):
        return "has a space in it"
    if base and (parts.query or parts.fragment or parts.username):
        return "must be a scheme and a host, and perhaps a path"
    return ""


def check_time_zone(checker: Checker, address: str, found: list[tuple[Path, str]]) -> None:
    """Reports names that the IANA time zone database does not have."""
    for path, name in found:
        if name == "recipient" or checker.is_unset(path):
            continue
        from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            hint = did_you_mean(name, available_timezones() | {"recipient"})
            hint = hint if hint.startswith("did") else "write `recipient` or a name like Europe/Berlin"
            checker.at(path, "config.time-zone", f"{name!r} is no time zone", hint, address=address)
