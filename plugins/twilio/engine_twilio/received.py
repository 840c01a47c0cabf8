"""Lists the texts that an account has received: what webhooks have missed is among them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from engine import InboundMessage
from engine_twilio.senders import PAGE

if TYPE_CHECKING:
    from twilio.rest import Client
    from twilio.rest.api.v2010.account.message import MessageInstance

API = "https://api.twilio.com"
SECOND = timedelta(seconds=1)
"""Twilio's times are whole seconds."""


async def list_received(client: Client, since: datetime, to: Collection[str]) -> list[InboundMessage]:
    """Gives the texts to these senders since a moment, oldest first.

    Each number is asked for by itself: a list of the whole account would hold all that was sent as well.
    """
    services = {value for value in to if value.startswith("MG")}
    service_of: dict[str, str | None] = {value: None for value in to if value not in services}
    for service in sorted(services):
        service_of.update(dict.fromkeys(await _numbers(client, service), service))
    found: list[MessageInstance] = []
    for number in service_of:
        records = await client.messages.list_async(to=number, date_sent_after=since - SECOND, page_size=PAGE)
        found += [record for record in records if record.direction == "inbound"]
    found.sort(key=lambda record: record.date_sent or since)
    return [await _text(client, record, service_of[str(record.to)]) for record in found]


async def _numbers(client: Client, service: str) -> list[str]:
    members = client.messaging.v1.services(service)
    numbers = await members.phone_numbers.list_async(page_size=PAGE)
    codes = await members.short_codes.list_async(page_size=PAGE)
    return [str(number.phone_number) for number in numbers] + [str(code.short_code) for code in codes]


async def _text(client: Client, record: MessageInstance, service: str | None) -> InboundMessage:
    media = []
    if int(record.num_media or 0):
        items = await client.messages(str(record.sid)).media.list_async()
        media = [API + str(item.uri).removesuffix(".json") for item in items]
    return InboundMessage(
        provider_id=str(record.sid),
        from_number=str(record.from_),
        to=str(record.to),
        body=record.body or "",
        media=tuple(media),
        service=record.messaging_service_sid or service,
        at=record.date_sent,
    )
