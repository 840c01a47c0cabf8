"""Twilio's JSON, in the shapes of its OpenAPI description."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from engine.compose.segments import count_segments
from engine.testing.twilio_emulator.account import Account, Behaviour
from engine.testing.twilio_emulator.ledger import Accepted
from engine.testing.twilio_emulator.validation import Refusal

VERSION = "2010-04-01"
SENT = ("sent", "delivered", "undelivered", "read")
DEFAULT_PAGE = 50
LARGEST_PAGE = 1000

Json = dict[str, Any]


def status_at(message: Accepted, behaviour: Behaviour, now: float) -> tuple[str, int | None, float | None]:
    """Gives a message's status at a moment, its error code, and when it was sent (None: not yet)."""
    if message.direction == "inbound":
        return "received", None, message.at
    # Seconds since 1970 are exact to a fraction of a microsecond only: what is due at a moment must be there at it.
    age = now - message.at + 1e-6
    status, sent = ("accepted" if message.service else "queued"), None
    for name, after in behaviour.progress:
        if age < after:
            break
        if after > 0 or name != "queued":
            status = name
        if name in SENT and sent is None:
            sent = message.at + after
    end = behaviour.receipts.get(message.to)
    if end is not None and status == behaviour.progress[-1][0]:
        return end[0], end[1], sent
    return status, None, sent


def message_json(message: Accepted, account: Account, behaviour: Behaviour, now: float) -> Json:
    """Gives one message as Twilio shows it."""
    status, error, sent = status_at(message, behaviour, now)
    picked = message.sender
    if picked is None and message.service is not None and sent is not None:
        picked = account.services[message.service][0]
    uri = f"/{VERSION}/Accounts/{account.sid}/Messages/{message.sid}"
    created = _rfc2822(message.at)
    return {
        "account_sid": account.sid,
        "api_version": VERSION,
        "body": message.body,
        "date_created": created,
        "date_sent": None if sent is None else _rfc2822(sent),
        "date_updated": created if sent is None else _rfc2822(sent),
        "direction": message.direction,
        "error_code": error,
        "error_message": "Delivery failed" if error else None,
        "from": picked,
        "messaging_service_sid": message.service,
        "num_media": str(len(message.media)),
        # Zero until a service has picked its sender, and one for an MMS.
        "num_segments": "0" if picked is None else "1" if message.media else str(count_segments(message.body).segments),
        "price": None,
        "price_unit": "USD",
        "sid": message.sid,
        "status": status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": message.to,
        "uri": f"{uri}.json",
    }


def media_json(message: Accepted, account: Account, place: int) -> Json:
    """Gives one media item of a message."""
    sid = media_sid(message, place)
    return {
        "account_sid": account.sid,
        "content_type": "image/jpeg",
        "date_created": _rfc2822(message.at),
        "date_updated": _rfc2822(message.at),
        "parent_sid": message.sid,
        "sid": sid,
        "uri": f"/{VERSION}/Accounts/{account.sid}/Messages/{message.sid}/Media/{sid}.json",
    }


def media_sid(message: Accepted, place: int) -> str:
    """Gives the SID of a message's media item, the first at 0."""
    return f"ME{message.number * 16 + place:032x}"


def error_json(refusal: Refusal) -> Json:
    """Gives an error as Twilio words it."""
    return {
        "code": refusal.code,
        "message": refusal.message,
        "more_info": f"https://www.twilio.com/docs/errors/{refusal.code}",
        "status": refusal.status,
    }


def account_json(account: Account) -> Json:
    """Gives the account itself."""
    uri = f"/{VERSION}/Accounts/{account.sid}"
    return {
        "auth_token": account.auth_token,
        "date_created": _rfc2822(0),
        "date_updated": _rfc2822(0),
        "friendly_name": "Emulated account",
        "owner_account_sid": account.sid,
        "sid": account.sid,
        "status": account.status,
        "subresource_uris": {"messages": f"{uri}/Messages.json"},
        "type": "Trial" if account.trial else "Full",
        "uri": f"{uri}.json",
    }


def number_json(account: Account, number: str, settings: Mapping[str, Any]) -> Json:
    """Gives one of the account's numbers."""
    sid, texts = number_sid(number), number not in account.voice_only
    can = {"voice": True, "sms": texts, "mms": texts and number not in account.sms_only, "fax": False}
    return {
        "account_sid": account.sid,
        "api_version": VERSION,
        "beta": False,
        "capabilities": can,
        "date_created": _rfc2822(0),
        "date_updated": _rfc2822(0),
        "origin": "twilio",
        "phone_number": number,
        "sid": sid,
        "status": "in-use",
        "uri": f"/{VERSION}/Accounts/{account.sid}/IncomingPhoneNumbers/{sid}.json",
        **settings,
        "friendly_name": settings["friendly_name"] or number,
        "sms_application_sid": settings["sms_application_sid"] or None,
    }


def short_code_json(account: Account, code: str, settings: Mapping[str, Any]) -> Json:
    """Gives one of the account's short codes."""
    sid = short_code_sid(code)
    return {
        "account_sid": account.sid,
        "api_version": VERSION,
        "date_created": _rfc2822(0),
        "date_updated": _rfc2822(0),
        "short_code": code,
        "sid": sid,
        "uri": f"/{VERSION}/Accounts/{account.sid}/SMS/ShortCodes/{sid}.json",
        **settings,
        "friendly_name": settings["friendly_name"] or code,
        "sms_url": settings["sms_url"] or None,
        "sms_fallback_url": settings["sms_fallback_url"] or None,
    }


def service_json(account: Account, behaviour: Behaviour, sid: str, settings: Mapping[str, Any]) -> Json:
    """Gives one of the account's messaging services."""
    url = f"https://messaging.twilio.com/v1/Services/{sid}"
    return {
        "account_sid": account.sid,
        "area_code_geomatch": True,
        "date_created": _iso(0),
        "date_updated": _iso(0),
        "fallback_to_long_code": False,
        "links": {"phone_numbers": f"{url}/PhoneNumbers", "short_codes": f"{url}/ShortCodes"},
        "mms_converter": True,
        "scan_message_content": "inherit",
        "sid": sid,
        "smart_encoding": behaviour.smart_encoding,
        "sticky_sender": True,
        "synchronous_validation": False,
        "url": url,
        "us_app_to_person_registered": False,
        "usecase": "undeclared",
        "validity_period": 36_000,
        **settings,
        "friendly_name": settings["friendly_name"] or f"Service {sid[-4:]}",
        "inbound_request_url": settings["inbound_request_url"] or None,
        "fallback_url": settings["fallback_url"] or None,
        "status_callback": settings["status_callback"] or None,
    }


def service_number_json(account: Account, service: str, number: str) -> Json:
    """Gives a number as a member of a messaging service."""
    sid = number_sid(number)
    return {
        "account_sid": account.sid,
        "capabilities": ["SMS"] if number in account.sms_only else ["MMS", "SMS", "Voice"],
        "country_code": "GB" if number.startswith("+44") else "US",
        "date_created": _iso(0),
        "date_updated": _iso(0),
        "phone_number": number,
        "service_sid": service,
        "sid": sid,
        "url": f"https://messaging.twilio.com/v1/Services/{service}/PhoneNumbers/{sid}",
    }


def service_short_code_json(account: Account, service: str, code: str) -> Json:
    """Gives a short code as a member of a messaging service. The emulator's are American."""
    sid = short_code_sid(code)
    return {
        "account_sid": account.sid,
        "capabilities": ["SMS", "MMS"],
        "country_code": "US",
        "date_created": _iso(0),
        "date_updated": _iso(0),
        "service_sid": service,
        "short_code": code,
        "sid": sid,
        "url": f"https://messaging.twilio.com/v1/Services/{service}/ShortCodes/{sid}",
    }


def alpha_sender_json(account: Account, service: str, word: str) -> Json:
    """Gives an alphanumeric sender as a member of a messaging service."""
    sid = f"AI{word.encode().hex():0>32}"
    return {
        "account_sid": account.sid,
        "alpha_sender": word,
        "capabilities": ["SMS"],
        "date_created": _iso(0),
        "date_updated": _iso(0),
        "service_sid": service,
        "sid": sid,
        "url": f"https://messaging.twilio.com/v1/Services/{service}/AlphaSenders/{sid}",
    }


def number_sid(number: str) -> str:
    """Gives the SID of a phone number."""
    return f"PN{int(number[1:]):032x}"


def short_code_sid(code: str) -> str:
    """Gives the SID of a short code."""
    return f"SC{int(code):032x}"


def page_json(
    key: str, items: Sequence[Any], sid_of: Callable[[Any], str], show: Callable[[Any], Json], path: str, query: str
) -> Json:
    """Gives one page of a list. The next begins behind the last item of this one, however many have come since."""
    asked = dict(parse_qsl(query, keep_blank_values=True))
    size = min(max(int(asked.get("PageSize") or DEFAULT_PAGE), 1), LARGEST_PAGE)
    token, number = asked.get("PageToken"), int(asked.get("Page") or 0)
    start = 0
    if token is not None:
        start = next((i + 1 for i, item in enumerate(items) if "PA" + sid_of(item) == token), len(items))
    shown = items[start : start + size]
    filters = {name: value for name, value in asked.items() if name not in ("PageSize", "Page", "PageToken")}

    def address(page: int, token: str | None = None) -> str:
        more = {"PageToken": token} if token else {}
        return f"{path}?{urlencode({**filters, 'PageSize': size, 'Page': page, **more})}"

    following = address(number + 1, "PA" + sid_of(shown[-1])) if start + size < len(items) else None
    body: Json = {key: [show(item) for item in shown]}
    if path.startswith("/v1/"):
        host = "https://messaging.twilio.com"
        body["meta"] = {
            "first_page_url": host + address(0),
            "key": key,
            "next_page_url": host + following if following else None,
            "page": number,
            "page_size": size,
            "previous_page_url": host + address(number - 1) if number else None,
            "url": host + address(number, token),
        }
        return body
    return body | {
        "end": start + len(shown) - 1 if shown else 0,
        "first_page_uri": address(0),
        "next_page_uri": following,
        "page": number,
        "page_size": size,
        "previous_page_uri": address(number - 1) if number else None,
        "start": start,
        "uri": address(number, token),
    }


def encode(body: Json) -> bytes:
    """Gives JSON as bytes."""
    return json.dumps(body).encode()


def _rfc2822(at: float) -> str:
    return format_datetime(datetime.fromtimestamp(int(at), UTC))


def _iso(at: float) -> str:
    return datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
