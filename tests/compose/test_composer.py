"""From template and person to the exact message."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from engine.compose.composer import Composed, Composer, Recipient
from engine.errors import ComposeError, ConfigError, UsageError
from engine.types import Encoding, Person, SenderKind

Compose = Callable[..., Composed]
Make = Callable[..., Composer]

NOW = datetime(2026, 3, 1, 18, tzinfo=UTC)
PRIMARY = "{% if customer.primary_phone %}{{ customer.primary_phone }}{% else %}{{ customer.phone }}{% endif %}"


def refused(compose: Compose, *args: Any, **options: Any) -> ComposeError:
    with pytest.raises(ComposeError) as caught:
        compose(*args, **options)
    return caught.value


def test_a_whole_message(compose: Compose) -> None:
    made = compose("Hi {{ customer.first_name }}, from {{ workspace.name }}: {{ trigger.n }}", data={"n": 2})
    assert (made.to, made.country) == ("+14155550123", "US")
    assert (made.sender_name, made.sender.value, made.sender.kind) == ("main", "+14155550100", SenderKind.LONG_CODE)
    assert made.body == "Hi Ada, from Acme Coffee: 2"
    assert (made.kind, made.encoding, made.segments, made.characters) == ("sms", Encoding.GSM_7, 1, 27)
    assert (made.media, made.links, made.findings) == ((), (), ())


@pytest.mark.parametrize(
    ("attributes", "to"),
    [
        ({"phone": "(415) 555-0123"}, "+14155550123"),  # read in the default country
        ({"phone": "020 7946 0127", "country": "GB"}, "+442079460127"),
        ({"phone": "020 7946 0127", "country": "gb"}, "+442079460127"),
        ({"phone": "(415) 555-0123", "country": ""}, "+14155550123"),
        ({"phone": "+14155550123", "primary_phone": "(415) 555-0124"}, "+14155550124"),
        ({"primary_phone": 4155550124}, "+14155550124"),  # YAML and JSON give numbers
    ],
)
def test_picks_and_normalises_the_number(compose: Compose, attributes: dict[str, Any], to: str) -> None:
    assert compose({"body": "Hi", "to": PRIMARY}, attributes).to == to


def test_the_phone_attribute_is_the_default(compose: Compose) -> None:
    audience = {"countries": ["GB"], "default_country": "GB", "phone_attribute": "mobile", "country_attribute": "land"}
    made = compose("{{ customer.mobile }}", {"mobile": "020 7946 0127"}, audience=audience)
    assert (made.to, made.body) == ("+442079460127", "+442079460127")


@pytest.mark.parametrize(
    ("template", "attributes", "reason"),
    [
        ("Hi", {}, "number.missing"),
        ("Hi", {"phone": None}, "number.missing"),
        ("Hi", {"phone": "  "}, "number.missing"),
        ("Hi", {"phone": True}, "number.missing"),
        ("Hi", {"phone": "nonsense"}, "number.invalid"),
        ("Hi", {"phone": "12"}, "number.invalid"),
        ({"body": "Hi", "to": "{{ customer.mobile }}"}, {"phone": "+14155550123"}, "number.missing"),
        ({"body": "Hi", "to": "{% if customer.x %}1{% endif %}"}, {"phone": "+14155550123"}, "number.missing"),
        ({"body": "Hi", "to": "{{ 'now' | date: '%s' }}"}, {"phone": "+14155550123"}, "template.failed"),
    ],
)
def test_no_number(compose: Compose, template: Any, attributes: dict[str, Any], reason: str) -> None:
    assert refused(compose, template, attributes).reason == reason


def test_a_missing_number_is_named(compose: Compose) -> None:
    assert "customer.phone" in refused(compose, "Hi", {}).message
    assert "customer.mobile" in refused(compose, {"body": "Hi", "to": "{{ customer.mobile }}"}, {}).message


def test_a_given_number_wins(compose: Compose, make: Make) -> None:
    assert (
        compose({"body": "{{ customer.phone }}", "to": "{{ customer.x }}"}, number="(415) 555-0199").body
        == "+14155550199"
    )
    recipient = Recipient(Person("acme", "ada", "+14155550123", {}), number="+14155550199")
    made = make({"t": "Hi {{ customer.phone }}"}).compose("t", recipient, message_id=None, now=NOW)
    assert (made.to, made.body) == ("+14155550199", "Hi +14155550123")


def test_the_first_sender_that_reaches_the_country(compose: Compose) -> None:
    assert compose("Hi").sender_name == "main"
    assert compose("Hi", {"phone": "+442079460127"}).sender_name == "brand"
    assert compose({"body": "Hi", "sender": ["brand", "main"]}).sender_name == "main"


def test_a_sender_without_countries_reaches_the_audience(compose: Compose) -> None:
    senders = {"main": {"number": "67076", "kind": "short-code"}}
    assert (
        compose({"body": "Hi", "sender": ["main"]}, {"phone": "+442079460127"}, senders=senders).sender_name == "main"
    )
    error = refused(compose, {"body": "Hi", "sender": ["main"]}, {"phone": "+493012345678"}, senders=senders)
    assert error.reason == "sender.none-reaches"


def test_nobody_reaches(compose: Compose, make: Make) -> None:
    assert refused(compose, {"body": "Hi", "sender": ["brand"]}).reason == "sender.none-reaches"
    recipient = Recipient(Person("acme", "ada", "+14155550123", {}))
    address = make({"t": {"body": "Hi", "sender": ["brand"]}}).address("t", recipient)
    assert (address.to.number, address.sender, address.sender_name) == ("+14155550123", None, None)


def test_a_reply_leaves_from_where_the_text_arrived(compose: Compose) -> None:
    assert compose("Hi", reply_from="brand").sender_name == "brand"  # though it does not reach the US
    assert refused(compose, "Hi", reply_from="gone").reason == "sender.unknown"


@pytest.mark.parametrize(
    ("language", "body"),
    [
        ("es", "Hola Ada"),
        ("es-MX", "Hola Ada"),
        ("ES_mx", "Hola Ada"),
        ("pt-br", "Oi Ada"),
        ("pt", "Hi Ada"),
        ("de", "Hi Ada"),
        ("", "Hi Ada"),
        (7, "Hi Ada"),
        (None, "Hi Ada"),
    ],
)
def test_languages(compose: Compose, language: Any, body: str) -> None:
    languages = {
        "es": {"sender": ["main"], "body": "Hola {{ customer.first_name }}"},
        "pt-BR": {"sender": ["main"], "body": "Oi {{ customer.first_name }}"},
    }
    template = {"body": "Hi {{ customer.first_name }}", "languages": languages}
    assert compose(template, {"phone": "+14155550123", "first_name": "Ada", "language": language}).body == body


def test_a_language_has_its_own_sender_and_number(compose: Compose) -> None:
    es = {"sender": ["brand"], "to": "{{ customer.mobile }}", "body": "Hola"}
    attributes = {"language": "es", "phone": "+14155550123", "mobile": "+442079460127"}
    made = compose({"body": "Hi", "languages": {"es": es}}, attributes)
    assert (made.to, made.sender_name, made.body) == ("+442079460127", "brand", "Hola")


def test_names_are_the_same_in_preview_and_send(compose: Compose) -> None:
    body = "{{ workspace.name }} {{ workspace.country }} {{ message }} {{ 'now' | date: '%F' }}"
    shown, sent = compose(body), compose(body, message_id="m1")
    assert shown.body == sent.body
    assert '"template": "t", "purpose": "transactional", "sender": "main", "to": "+14155550123"' in shown.body


def test_what_a_workspace_does_not_say_is_missing(compose: Compose) -> None:
    error = refused(compose, "{{ workspace.terms }}")
    assert (error.reason, "workspace.terms" in error.message) == ("template.missing-value", True)


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("{{ trigger.code }}", "template.missing-value"),
        ("  \n", "template.empty"),
        ("{% if trigger.x %}x{% endif %}", "template.empty"),
        ("a" * 1_601, "template.too-long"),
        ({"body": "a" * 161, "max_segments": 1}, "template.too-long"),
        ({"body": "“" + "a" * 70, "max_segments": 1}, "template.too-long"),
    ],
)
def test_no_message(compose: Compose, template: Any, reason: str) -> None:
    assert refused(compose, template).reason == reason


def test_as_long_as_it_may_be(compose: Compose) -> None:
    assert compose("a" * 1_600).segments == 11
    assert compose({"body": "a" * 160, "max_segments": 1}).segments == 1


def test_smart_encoding(compose: Compose) -> None:
    body = "“Hi” – it’s " + "a" * 100
    plain, smart = compose(body), compose(body, smart_encoding=True)
    assert (plain.encoding, plain.segments, plain.body) == (Encoding.UCS_2, 2, body)
    assert (smart.encoding, smart.segments) == (Encoding.GSM_7, 1)
    assert smart.body == '"Hi" - it\'s ' + "a" * 100
    assert smart.findings == ()


def test_says_which_character_costs_a_segment(compose: Compose) -> None:
    (finding,) = compose("Hi “you” " + "a" * 100).findings
    assert finding.code == "template.encoding"
    assert "U+201C" in finding.hint
    assert "character 4" in finding.hint
    assert compose("Привет " + "а" * 100).findings == ()  # nothing plain would say the same
    assert compose("“short”").findings == ()  # it costs nothing


@pytest.mark.parametrize(
    ("text", "sent"),
    [("\ud83d\ude00", "😀"), ("a\ud83d", "a\ufffd"), ("\udc00b", "\ufffdb")],
    ids=["pair", "high", "low"],
)
def test_surrogates_from_json(compose: Compose, text: str, sent: str) -> None:
    assert compose("{{ trigger.x }}", data={"x": text}).body == sent


def test_templates_are_parsed_once(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    made = make({"t": "Hi {{ customer.first_name }}"})
    parsed: list[str] = []
    inner = made.environment.from_string

    def from_string(source: str) -> Any:
        parsed.append(source)
        return inner(source)

    monkeypatch.setattr(made.environment, "from_string", from_string)
    for name in ("ada", "bob", "cy"):
        person = Person("acme", name, "+14155550123", {"first_name": name})
        made.compose("t", Recipient(person), message_id=name, now=NOW)
    assert len(parsed) == 1


def test_unknown_names(make: Make, project: Any, plugins: Any) -> None:
    from engine.compose.build import composer

    with pytest.raises(ComposeError) as caught:
        make({}).address("nope", Recipient(None))
    assert caught.value.reason == "template.unknown"
    with pytest.raises(UsageError):
        composer(project({}), "nope", plugins=plugins, context=lambda _: pytest.fail("no plugin is needed"))


def test_a_shortener_that_is_not_loaded(make: Make) -> None:
    with pytest.raises(ConfigError):
        make({}, links={"shortener": "nope", "domain": "https://go.acme.example"})


def test_plugins_add_to_liquid(project: Any, tmp_path: Any) -> None:
    import engine_phonenumbers

    from engine.compose.build import composer
    from engine.hookspecs import hookimpl
    from engine.plugins import Plugins
    from engine.testing.context import plugin_context

    class Loud:
        @hookimpl
        def prepare_liquid(self, environment: Any) -> None:
            environment.add_filter("loud", lambda text: f"{text}!")

    loaded = Plugins({"phonenumbers": engine_phonenumbers, "loud": Loud()})
    made = composer(
        project({"t": "{{ 'hi' | loud }}"}), "acme", plugins=loaded, context=lambda _: plugin_context(tmp_path)
    )
    recipient = Recipient(Person("acme", "ada", "+14155550123", {}))
    assert made.compose("t", recipient, message_id=None, now=NOW).body == "hi!"
