"""What a number's type means for texting."""

from __future__ import annotations

from phonenumbers import PhoneNumberType

from engine import E164, NumberKind

_KINDS = {
    PhoneNumberType.MOBILE: NumberKind.MOBILE,
    PhoneNumberType.FIXED_LINE: NumberKind.FIXED_LINE,
    PhoneNumberType.FIXED_LINE_OR_MOBILE: NumberKind.FIXED_LINE_OR_MOBILE,
    PhoneNumberType.TOLL_FREE: NumberKind.TOLL_FREE,
    PhoneNumberType.PREMIUM_RATE: NumberKind.PREMIUM_RATE,
    PhoneNumberType.VOIP: NumberKind.VOIP,
}

_RECEIVES = {
    PhoneNumberType.MOBILE: True,
    PhoneNumberType.FIXED_LINE: False,
    PhoneNumberType.PREMIUM_RATE: False,
    PhoneNumberType.SHARED_COST: False,
    PhoneNumberType.UAN: False,  # one company number in front of many lines (India's 1860, Pakistan's 111)
    PhoneNumberType.VOICEMAIL: False,
    PhoneNumberType.TOLL_FREE: False,
}
"""What is not here, nobody can know: VoIP, personal numbers and pagers are a matter of the subscription,
and in North America one range holds landlines and mobiles (FIXED_LINE_OR_MOBILE)."""

NORTH_AMERICA = 1  # its toll-free numbers can be text-enabled (CTIA Messaging Principles, section on toll-free)


def describe(number: str, country: str | None, kind: int, calling_code: int, *, extension: bool = False) -> E164:
    """Gives the number with what its type tells. A number with an extension is a switchboard: no texts."""
    receives = _RECEIVES.get(kind)
    if kind == PhoneNumberType.TOLL_FREE and calling_code == NORTH_AMERICA:
        receives = None
    if extension and receives is None:
        receives = False
    return E164(number, country, _KINDS.get(kind, NumberKind.OTHER), receives)
