"""Lists what an account can send from, what each can do, and where its webhooks lead."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine import RemoteSender, SenderKind
from engine_twilio.configuring import webhooks_of_code, webhooks_of_number, webhooks_of_service

if TYPE_CHECKING:
    from twilio.rest import Client
    from twilio.rest.api.v2010.account.incoming_phone_number import IncomingPhoneNumberInstance
    from twilio.rest.api.v2010.account.short_code import ShortCodeInstance
    from twilio.rest.messaging.v1.service import ServiceInstance
    from twilio.rest.messaging.v1.service.short_code import ShortCodeInstance as Member

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
    members = await _all(*(_members(service) for service in services))
    known = {str(code.short_code): code for _, codes_of_service, _ in members for code in codes_of_service}
    holder = {
        value: str(service.sid)
        for service, pools in zip(services, members, strict=True)
        for value in _held(service, *pools)
    }
    found = [_number(number) for number in numbers]
    found += [_short_code(code, known.get(str(code.short_code))) for code in codes]
    found += [_service(service, *pools) for service, pools in zip(services, members, strict=True)]
    held = (replace(s, held_by=holder[s.value], webhooks={}) if s.value in holder else s for s in found)
    return sorted(held, key=lambda sender: (sender.kind, sender.value))


async def _all(*calls: Awaitable[Any]) -> list[Any]:
    """Gives every answer, or raises the first error once each call has ended: none is left on the wire."""
    answers = await asyncio.gather(*calls, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    return answers


async def _members(service: ServiceInstance) -> list[Any]:
    return await _all(
        service.phone_numbers.list_async(page_size=PAGE),
        service.short_codes.list_async(page_size=PAGE),
        service.alpha_senders.list_async(page_size=PAGE),
    )


def _held(service: ServiceInstance, numbers: list[Any], codes: list[Any], _words: list[Any]) -> list[str]:
    """Gives the senders whose texts the service takes, whatever is set at the senders themselves: all of its own,
    unless it leaves texts to them."""
    if service.use_inbound_webhook_on_number:
        return []
    return [str(number.phone_number) for number in numbers] + [str(code.short_code) for code in codes]


def _number(number: IncomingPhoneNumberInstance) -> RemoteSender:
    value, can = str(number.phone_number), number.capabilities
    return RemoteSender(
        kind=SenderKind.TOLL_FREE if _toll_free(value) else SenderKind.LONG_CODE,
        value=value,
        label=number.friendly_name or "",
        sms=bool(_can(can, "sms")),
        mms=bool(_can(can, "mms")),
        voice=bool(_can(can, "voice")),
        id=str(number.sid),
        webhooks=webhooks_of_number(number),
    )


def _short_code(code: ShortCodeInstance, member: Member | None) -> RemoteSender:
    # Twilio says what a short code can do, and in which country, only of those in a messaging service. In the US and
    # Canada they carry SMS and MMS.
    can = {"SMS", "MMS"} if member is None or not member.capabilities else set(member.capabilities)
    return RemoteSender(
        kind=SenderKind.SHORT_CODE,
        value=str(code.short_code),
        label=code.friendly_name or "",
        sms="SMS" in can,
        mms="MMS" in can,
        countries=frozenset({str(member.country_code)}) if member is not None and member.country_code else None,
        id=str(code.sid),
        webhooks=webhooks_of_code(code),
    )


def _service(service: ServiceInstance, numbers: list[Any], codes: list[Any], words: list[Any]) -> RemoteSender:
    can = {capability for member in (*numbers, *codes, *words) for capability in member.capabilities or ()}
    return RemoteSender(
        kind=SenderKind.MESSAGING_SERVICE,
        value=str(service.sid),
        label=service.friendly_name or "",
        sms="SMS" in can,
        mms="MMS" in can,
        voice=False,
        id=str(service.sid),
        webhooks=webhooks_of_service(service),
    )


def _toll_free(number: str) -> bool:
    return number.startswith("+1") and number[2:5] in TOLL_FREE


def _can(capabilities: object, what: str) -> object:
    if isinstance(capabilities, dict):
        return capabilities.get(what)
    return getattr(capabilities, what, False)
