from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from engine_mms.rules import of_config, of_message, of_url

from engine import ConfigView, Media, OutboundMessage, Sender, SenderKind, Severity, Source

URL = "https://cdn.acme.example/welcome.png"
SENDER = Sender("support", SenderKind.LONG_CODE, "+14155550100", mms=True)
MESSAGE = OutboundMessage("m1", "acme", 1, "+14155550123", SENDER, "Hi", (URL,), country="US")


def codes(message: OutboundMessage = MESSAGE, sender: Sender = SENDER, item: int = 0) -> list[str]:
    return [finding.code for finding in of_message(Media(message.media[item]), message, sender)]


@pytest.mark.parametrize("ending", ["png", "jpg", "jpeg", "gif", "PNG", "png?width=600", "p%6Eg"])
def test_png_jpeg_and_gif_pass(ending: str) -> None:
    assert list(of_url(f"https://cdn.acme.example/welcome.{ending}")) == []


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://cdn.acme.example/welcome", "media.format"),
        ("https://cdn.acme.example/welcome.webp", "media.format"),
        ("https://cdn.acme.example/image?file=welcome.png", "media.format"),  # the path must end in the format
        ("https://cdn.acme.example/welcome.png/", "media.format"),
        ("https://cdn.acme.example/.png", "media.format"),  # a hidden file without a format
        ("http://cdn.acme.example/welcome.png", "media.not-https"),
        ("ftp://cdn.acme.example/welcome.png", "media.not-https"),
        ("https://me:pass@cdn.acme.example/welcome.png", "media.credentials"),
        ("welcome.png", "media.url"),
        ("https:///welcome.png", "media.url"),
        ("https://[::1/welcome.png", "media.url"),
        ("https://cdn.acme.example/my card.png", "media.url"),
        ("", "media.url"),
    ],
)
def test_addresses_that_cannot_arrive(url: str, code: str | None) -> None:
    found = list(of_url(url))
    assert [finding.code for finding in found] == ([code] if code else [])
    assert all(finding.severity is Severity.ERROR and finding.hint for finding in found)


def test_a_good_message_has_no_findings() -> None:
    assert codes() == []


@pytest.mark.parametrize("country", ["US", "CA", "AU"])
def test_countries_with_mms(country: str) -> None:
    assert codes(replace(MESSAGE, country=country)) == []


@pytest.mark.parametrize(
    ("to", "country"),
    [
        ("+442079460123", "GB"),
        ("+18765550123", "JM"),  # +1, and not the United States
        ("+442079460123", None),
        ("+80012345678", None),  # of no country
    ],
)
def test_countries_without_mms(to: str, country: str | None) -> None:
    assert codes(replace(MESSAGE, to=to, country=country)) == ["media.country"]


def test_a_sender_without_mms() -> None:
    assert codes(sender=replace(SENDER, mms=False)) == ["media.sender"]


def test_at_most_ten_media() -> None:
    ten = tuple(f"https://cdn.acme.example/{n}.png" for n in range(10))
    assert codes(replace(MESSAGE, media=ten)) == []
    assert codes(replace(MESSAGE, media=(*ten, URL))) == ["media.too-many"]


def test_at_most_1600_characters() -> None:
    assert codes(replace(MESSAGE, body="x" * 1_600)) == []
    assert codes(replace(MESSAGE, body="x" * 1_601)) == ["media.text-too-long"]


def test_what_concerns_the_message_is_said_once() -> None:
    two = replace(MESSAGE, media=(URL, "https://cdn.acme.example/2.webp"), country="GB")
    assert codes(two, item=0) == ["media.country"]
    assert codes(two, item=1) == ["media.format"]


def view(template: dict[str, Any], *, mms: bool = True) -> ConfigView:
    parts = {"senders": {"support": {"mms": mms}}, "templates": {"club/welcome": template}}
    return ConfigView({"acme": parts}, SOURCES)


SOURCES = {
    "acme/template/club/welcome": Source("config/workspaces/acme/templates/club/welcome.liquid", 1),
    "acme/template/club/welcome#media": Source("config/workspaces/acme/templates/club/welcome.liquid", 4, 8),
    "acme/template/club/welcome#media.1": Source("config/workspaces/acme/templates/club/welcome.liquid", 4, 30, 4, 60),
    "acme/template/club/welcome#sender": Source("config/workspaces/acme/templates/club/welcome.liquid", 3, 9),
}
TEMPLATE = {"sender": ["support"], "media_fallback": "error", "media": [URL], "languages": {}}


def test_templates_are_checked_where_their_media_stand() -> None:
    bad = {**TEMPLATE, "media": [URL, "https://cdn.acme.example/card.webp"]}
    (found,) = of_config(view(bad))
    assert (found.code, found.line, found.column, found.end_column) == ("media.format", 4, 30, 60)
    assert found.address == "acme/template/club/welcome"


def test_a_language_is_checked_too() -> None:
    spanish = {"sender": ["support"], "media_fallback": "error", "media": ["http://cdn.acme.example/a.png"]}
    (found,) = of_config(view({**TEMPLATE, "languages": {"es": spanish}}))
    assert (found.code, found.line) == ("media.not-https", 1)


def test_media_made_by_liquid_are_left_to_the_render() -> None:
    assert list(of_config(view({**TEMPLATE, "media": ["{{ customer.picture }}", "{% if x %}a{% endif %}"]}))) == []


def test_a_template_with_media_needs_a_sender_of_mms() -> None:
    (found,) = of_config(view(TEMPLATE, mms=False))
    assert (found.code, found.severity, found.line) == ("media.sender", Severity.WARNING, 3)
    assert list(of_config(view({**TEMPLATE, "media_fallback": "link"}, mms=False))) == []
    assert list(of_config(view({**TEMPLATE, "media": []}, mms=False))) == []
