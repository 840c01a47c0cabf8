"""Reads and sets where Twilio's webhooks lead.

Sources: https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource,
https://www.twilio.com/docs/messaging/api/short-code-resource and
https://www.twilio.com/docs/messaging/api/service-resource, as of 2026-11-24. A number's own `StatusCallback` is about
calls, not about messages: it is left alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from engine import ChangeRefused, RemoteChange, RemoteSender, SenderKind, SenderWebhook

if TYPE_CHECKING:
    from twilio.rest import Client
    from twilio.rest.api.v2010.account.incoming_phone_number import IncomingPhoneNumberInstance
    from twilio.rest.api.v2010.account.short_code import ShortCodeInstance
    from twilio.rest.messaging.v1.service import ServiceInstance

INBOUND, FALLBACK, STATUS = SenderWebhook.INBOUND, SenderWebhook.FALLBACK, SenderWebhook.STATUS
DEMO = "https://demo.twilio.com/"
"""Where the console lets a new number lead: Twilio's placeholder, which nobody has chosen."""
POST = "POST"
APPLICATION = "application "
OF_EACH = "each number's own"


def webhooks_of_number(number: IncomingPhoneNumberInstance) -> dict[SenderWebhook, str]:
    """Gives where a number's texts go. While a TwiML application is set, its addresses hold, not the number's."""
    if number.sms_application_sid:
        application = f"{APPLICATION}{number.sms_application_sid}"
        return {INBOUND: application, FALLBACK: application}
    return {
        INBOUND: _shown(number.sms_url, number.sms_method),
        FALLBACK: _shown(number.sms_fallback_url, number.sms_fallback_method),
    }


def webhooks_of_code(code: ShortCodeInstance) -> dict[SenderWebhook, str]:
    """Gives where a short code's texts go."""
    return {
        INBOUND: _shown(code.sms_url, code.sms_method),
        FALLBACK: _shown(code.sms_fallback_url, code.sms_fallback_method),
    }


def webhooks_of_service(service: ServiceInstance) -> dict[SenderWebhook, str]:
    """Gives where the texts to a messaging service's numbers go, and the statuses of messages through it."""
    if service.use_inbound_webhook_on_number:
        inbound = fallback = OF_EACH
    else:
        inbound = _shown(service.inbound_request_url, service.inbound_method)
        fallback = _shown(service.fallback_url, service.fallback_method)
    return {INBOUND: inbound, FALLBACK: fallback, STATUS: _shown(service.status_callback, POST)}


async def configure(client: Client, change: RemoteChange) -> None:
    """Makes one call, which sets everything that the change names, or nothing."""
    sender = change.sender
    if INBOUND not in change.webhooks and FALLBACK in change.webhooks and _is_elsewhere(sender):
        # What it would be the fallback of is set elsewhere, and a fallback here would never be called.
        raise ChangeRefused(f"{sender.value}: texts go to {sender.webhooks[INBOUND]}, which has a fallback of its own")
    if sender.kind is SenderKind.MESSAGING_SERVICE:
        await client.messaging.v1.services(sender.id).update_async(**_fields(change, _OF_SERVICE))
    elif sender.kind is SenderKind.SHORT_CODE:
        await client.short_codes(sender.id).update_async(**_fields(change, _OF_NUMBER))
    else:
        of_application = sender.webhooks.get(INBOUND, "").startswith(APPLICATION)
        application: dict[str, object] = {"sms_application_sid": ""} if of_application else {}
        await client.incoming_phone_numbers(sender.id).update_async(**_fields(change, _OF_NUMBER), **application)


def _is_elsewhere(sender: RemoteSender) -> bool:
    inbound = sender.webhooks.get(INBOUND, "")
    return inbound.startswith(APPLICATION) or inbound == OF_EACH


_OF_NUMBER = {INBOUND: ("sms_url", "sms_method"), FALLBACK: ("sms_fallback_url", "sms_fallback_method")}
_OF_SERVICE = {
    INBOUND: ("inbound_request_url", "inbound_method"),
    FALLBACK: ("fallback_url", "fallback_method"),
    STATUS: ("status_callback", None),
}


def _fields(change: RemoteChange, names: Mapping[SenderWebhook, tuple[str, str | None]]) -> dict[str, object]:
    fields: dict[str, object] = {}
    for webhook, url in change.webhooks.items():
        address, method = names[webhook]
        fields[address] = url
        if method is not None:
            fields[method] = POST
    if names is _OF_SERVICE and INBOUND in change.webhooks:
        fields["use_inbound_webhook_on_number"] = False
    return fields


def _shown(url: object, method: object) -> str:
    address = str(url or "")
    if not address or address.startswith(DEMO):
        return ""
    return address if str(method or POST) == POST else f"{method} {address}"
