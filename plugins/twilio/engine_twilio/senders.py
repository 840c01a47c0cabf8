"""Lists what an account can send from."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any

from engine import RemoteSender, SenderKind

if TYPE_CHECKING:
    from twilio.rest import Client
    from twilio.rest.messaging.v1.service import ServiceInstance

PAGE = 1000
"""Twilio's largest page."""
TOLL_FREE = frozenset({"800", "833", "844", "855", "866", "877", "888"})
"""Toll-free area codes of +1. Source: https://www.fcc.gov/general/toll-free-numbers, as of 2026-11-23."""


async def list_senders(client: Client) -> list[RemoteSender]:
    """Gives the account's numbers, short codes and messaging services, sorted by kind and value."""
    numbers, codes, services = await _all(
        client.incoming_phone_numbers.list_async(page_size=PAGE),
        client.short_codes.list_async(page_size=PAGE),
        client.messaging.v1.services.list_async(page_size=PAGE),
    )
    found = []
    for number in numbers:
        value = str(number.phone_number)
        can = number.capabilities
        found.append(
            RemoteSender(
                kind=SenderKind.TOLL_FREE if _toll_free(value) else SenderKind.LONG_CODE,
                value=value,
                label=number.friendly_name or "",
                sms=bool(_can(can, "sms")),
                mms=bool(_can(can, "mms")),
            )
        )
    # Twilio does not say what a short code can do; in the US and Canada they carry both.
    found += [RemoteSender(SenderKind.SHORT_CODE, str(c.short_code), c.friendly_name or "", mms=True) for c in codes]
    found += await _all(*(_service(service) for service in services))
    return sorted(found, key=lambda sender: (sender.kind, sender.value))


async def _all(*calls: Awaitable[Any]) -> list[Any]:
    """Gives every answer, or raises the first error once each call has ended: none is left on the wire."""
    answers = await asyncio.gather(*calls, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    return answers


async def _service(service: ServiceInstance) -> RemoteSender:
    numbers = await service.phone_numbers.list_async(page_size=PAGE)
    return RemoteSender(
        kind=SenderKind.MESSAGING_SERVICE,
        value=str(service.sid),
        label=service.friendly_name or "",
        mms=any("MMS" in (number.capabilities or ()) for number in numbers),
    )


def _toll_free(number: str) -> bool:
    return number.startswith("+1") and number[2:5] in TOLL_FREE


def _can(capabilities: object, what: str) -> object:
    if isinstance(capabilities, dict):
        return capabilities.get(what)
    return getattr(capabilities, what, False)
