"""MMS: media, where they cannot be received, and what the mms plugin says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from engine.compose.composer import Composed
from engine.errors import ComposeError

Compose = Callable[..., Composed]

IMAGE = "https://cdn.acme.example/{{ trigger.name | default: 'card' }}.png"
BRITON = {"phone": "+442079460127", "first_name": "Edith"}


def test_media_make_an_mms(compose: Compose) -> None:
    made = compose({"body": "Hi", "media": [IMAGE]}, data={"name": "pass"})
    assert (made.kind, made.media, made.segments) == ("mms", ("https://cdn.acme.example/pass.png",), 1)
    assert made.body == "Hi"


def test_an_mms_is_not_cut_into_segments(compose: Compose) -> None:
    made = compose({"body": "a" * 1_600, "media": [IMAGE], "max_segments": 1})
    assert (made.kind, made.segments) == ("mms", 1)


def test_media_need_no_words(compose: Compose) -> None:
    assert compose({"body": "", "media": [IMAGE]}).kind == "mms"


def test_media_that_come_to_nothing_are_left_out(compose: Compose) -> None:
    made = compose({"body": "Hi", "media": ["{% if trigger.image %}{{ trigger.image }}{% endif %}"]})
    assert (made.kind, made.media) == ("sms", ())


@pytest.mark.parametrize("links", [{"domain": "https://go.acme.example"}, None], ids=["short", "long"])
def test_the_text_with_a_link_where_mms_cannot_be_received(compose: Compose, links: Any) -> None:
    made = compose({"body": "Hi", "media": [IMAGE], "media_fallback": "link"}, BRITON, links=links)
    assert (made.kind, made.media) == ("sms", ())
    words, link = made.body.split("\n")
    assert words == "Hi"
    if links is None:
        assert link == "https://cdn.acme.example/card.png"
    else:
        assert link == made.links[0].short
        assert made.links[0].url == "https://cdn.acme.example/card.png"


def test_a_sender_without_mms(compose: Compose) -> None:
    senders = {"main": {"number": "+14155550100", "kind": "long-code"}}
    template = {"body": "Hi", "media": [IMAGE], "sender": ["main"]}
    made = compose({**template, "media_fallback": "link"}, senders=senders)
    assert made.kind == "sms"
    with pytest.raises(ComposeError) as caught:
        compose(template, senders=senders)
    assert caught.value.reason == "media.not-receivable"


@pytest.mark.parametrize(
    ("template", "attributes", "reason"),
    [
        ({"body": "Hi", "media": [IMAGE]}, BRITON, "media.not-receivable"),
        ({"body": "Hi", "media": ["https://cdn.acme.example/card.pdf"]}, None, "media.format"),
        ({"body": "Hi", "media": ["http://cdn.acme.example/card.png"]}, None, "media.not-https"),
        ({"body": "Hi", "media": ["card.png"]}, None, "media.url"),
        ({"body": "Hi", "media": [IMAGE] * 11}, None, "media.too-many"),
        ({"body": "a" * 1_601, "media": [IMAGE]}, None, "media.text-too-long"),
        ({"body": "Hi", "media": ["{{ trigger.nope }}"]}, None, "template.missing-value"),
        # a bad address is bad as a link, too
        ({"body": "Hi", "media": ["card.png"], "media_fallback": "link"}, BRITON, "media.url"),
    ],
)
def test_refuses(compose: Compose, template: Any, attributes: Any, reason: str) -> None:
    with pytest.raises(ComposeError) as caught:
        compose(template, attributes)
    assert caught.value.reason == reason


def test_the_link_to_media_obeys_the_allow_list(compose: Compose) -> None:
    links = {"domain": "https://go.acme.example", "allowed_hosts": ["acme.example"]}
    with pytest.raises(ComposeError) as caught:
        compose({"body": "Hi", "media": [IMAGE], "media_fallback": "link"}, BRITON, links=links)
    assert caught.value.reason == "link.host-not-allowed"
