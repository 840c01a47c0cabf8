"""The config language. These models are its only definition: schema, reference and error messages come from them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from engine.config.values import Duration, MoneyField, Rate, RateField, SpendField, one_or_many
from engine.types import Purpose, SecretRef, SenderKind

NAME = r"^[a-z0-9][a-z0-9_-]{0,62}$"
Name = Annotated[str, StringConstraints(pattern=NAME)]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Strings = Annotated[list[str], BeforeValidator(one_or_many, json_schema_input_type=str | list[str])]


class Model(BaseModel):
    """Base of every part of the config: unknown keys are errors, nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


class EngineConfig(Model):
    """engine.yaml: the project."""

    engine: Literal[1] = Field(description="Version of the config format.")
    state: str = Field(
        "sqlite:///state/engine.db", description="Where state is kept; relative to the folder that holds config/."
    )
    public_url: str = Field("", description="Where `engine serve` is reached. Empty: no callbacks are asked for.")
    client_header: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9-]{1,64}$",
        description="Header in which the proxy before `engine serve` says who asks, like X-Forwarded-For. Only where "
        "nothing but that proxy reaches it. Default: whoever connects.",
    )
    plugins: list[str] = Field(description="Names of the plugins to load; nothing else is ever loaded.")
    local_webhooks: bool = Field(
        False,
        description="Whether webhooks may lead to this machine, over plain http and on any port: for development.",
    )


class Business(Model):
    """Who sends."""

    country: Country = Field(description="Country of the business, as two capital letters.")
    website: str | None = Field(None, description="The business's web site.")
    privacy_policy: str | None = Field(None, description="Address of the privacy policy.")
    terms: str | None = Field(None, description="Address of the terms.")


class Audience(Model):
    """Who may be texted, and how their numbers are read."""

    countries: list[Country] | None = Field(
        None, description="Allow-list: nothing is ever sent elsewhere. Default: the business's country."
    )
    default_country: Country | None = Field(
        None, description="For numbers without a country code. Default: the business's country."
    )
    phone_attribute: str = Field("phone", description="The attribute that holds a person's number.")
    country_attribute: str = Field(
        "country", description="The attribute that holds a person's country, used where present."
    )
    unknown_numbers: Literal["ignore", "when-set", "add"] = Field(
        "when-set",
        description="Whether a text from a number that nobody has makes a person of it: never, where a keyword rule "
        "sets attributes, or always.",
    )


class Delivery(Model):
    """How messages leave. Further keys belong to the provider and are checked by its plugin."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)

    provider: str = Field("sandbox", description="Name of the delivery provider.")

    @property
    def options(self) -> dict[str, Any]:
        """The provider's own keys, as written."""
        return dict(self.model_extra or {})


class Numbers(Model):
    """How numbers are normalised."""

    normaliser: str | None = Field(None, description="Name of the number normaliser. Default: the one that is loaded.")


UTM_FACTS = ("template", "workspace", "purpose", "sender")
"""What stands in braces in a UTM parameter."""


def _only_facts(value: str) -> str:
    """Gives a text whose braces hold nothing but `UTM_FACTS`. Raises ValueError."""
    for found in re.finditer(r"\{([a-z]*)\}|[{}]", value):
        if found[1] not in UTM_FACTS:
            known = ", ".join(f"{{{name}}}" for name in UTM_FACTS)
            raise ValueError(f"{found[0]} means nothing here; there are {known}")
    return value


UtmText = Annotated[str, StringConstraints(min_length=1, max_length=100), AfterValidator(_only_facts)]


class Utm(Model):
    """UTM parameters that are added to the destinations of short links, each where it is not there yet."""

    source: UtmText | None = Field(None, description="utm_source, e.g. `acme`.")
    medium: UtmText | None = Field(None, description="utm_medium, e.g. `sms`.")
    campaign: UtmText | None = Field(None, description="utm_campaign, e.g. `{template}`.")
    term: UtmText | None = Field(None, description="utm_term.")
    content: UtmText | None = Field(None, description="utm_content, e.g. `{sender}`.")
    hosts: list[str] | None = Field(
        None, description="Hosts whose links get them; `*.` stands for any sub-domain. Default: all."
    )


class Links(Model):
    """Short links."""

    shortener: str | None = Field(
        "shortlinks",
        description="Name of the shortener; null switches shortening off. Default: the one that is loaded.",
    )
    domain: str | None = Field(None, description="Address that short links begin with, https. Default: public_url.")
    expire_after: Duration = Field(timedelta(days=90), description="How long a short link lives.")
    allowed_hosts: list[str] | None = Field(
        None, description="Hosts that links may lead to; `*.` stands for any sub-domain. Default: any."
    )
    utm: Utm | None = Field(
        None,
        description="UTM parameters for the destinations of short links: fixed, or with {template}, {workspace}, "
        "{purpose} and {sender} in them.",
    )


class QuietHours(Model):
    """When people are left alone."""

    from_: str = Field("21:00", alias="from", pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="Start, 24-hour clock.")
    to: str = Field(
        "08:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="End, 24-hour clock; may be past midnight."
    )
    timezone: str = Field("recipient", description="`recipient`, or the name of an IANA time zone.")
    purposes: list[Annotated[Purpose, Field(strict=False)]] = Field(
        [Purpose.MARKETING], description="What waits for the morning."
    )

    @model_validator(mode="after")
    def _has_an_end(self) -> QuietHours:
        if self.from_ == self.to:
            raise ValueError("from and to are the same: write `quiet_hours: null` for no quiet hours")
        return self


class Limits(Model):
    """Caps on what is sent."""

    per_person: RateField | None = Field(None, description="Most messages to one number in a time.")
    per_prefix: RateField | None = Field(
        None, description="Most messages in a time to numbers that differ in their last four digits only."
    )
    spend: SpendField | None = Field(None, description="Most money in a time, by the estimate of `prices`.")
    same_text: Duration | None = Field(
        None, description="The same text goes to the same number once in this time. Default: no limit."
    )


class Price(Model):
    """What messages to a country cost."""

    sms: MoneyField | None = Field(None, description="A segment of a text, carriers' fees included.")
    mms: MoneyField | None = Field(None, description="An MMS, carriers' fees included.")


class Sending(Model):
    """How the send loop behaves."""

    on_doubt: Literal["hold", "resend"] = Field(
        "hold", description="What happens to a message that may or may not have gone out."
    )
    valid_for: Duration = Field(
        timedelta(hours=4), description="How long a message may take, from when the gates and its lane let it go."
    )
    on_change: Literal["pin", "migrate", "cancel"] = Field(
        "pin", description="Queued messages whose template a release changes."
    )
    rate: RateField | None = Field(
        None, description="Segments a second of all the workspace's senders together. Default: what each may send."
    )
    concurrency: int = Field(500, ge=1, le=10_000, description="Provider calls at once.")
    lease: Duration = Field(
        timedelta(seconds=120),
        ge=timedelta(seconds=2),
        description="How long a worker may hold a message; 2s at least.",
    )
    look_ups: list[Duration] = Field(
        [timedelta(seconds=10), timedelta(seconds=60), timedelta(minutes=5)],
        min_length=1,
        description="When to look at the provider for a message in doubt, each after the one before.",
    )
    rest: Duration = Field(
        timedelta(minutes=5),
        ge=timedelta(seconds=1),
        le=timedelta(hours=1),
        description="How long a sender rests after a refusal that concerns it, before one message is tried again; "
        "doubles with each further one, up to an hour.",
    )
    retry_undelivered: bool = Field(
        False,
        description="Send a new message where the receipt says that another try may arrive. The first may have "
        "arrived after all: off by default.",
    )


class Webhook(Model):
    """Where keyword rules call: an address that takes texts in, signed by the Standard Webhooks scheme."""

    url: str = Field(description="Address that is called, https on port 443.")
    secret: Annotated[
        list[SecretRef],
        BeforeValidator(one_or_many, json_schema_input_type=SecretRef | list[SecretRef]),
        Field(min_length=1, max_length=4),
    ] = Field(description="Signing secret, `whsec_` and base64; several while one is rotated, each of them signs.")


class WorkspaceConfig(Model):
    """workspace.yaml: one business, its audience and its rules."""

    name: str = Field(min_length=1, description="The business's name, as people know it.")
    business: Business = Field(description="Who sends.")
    audience: Audience = Field(Audience(), description="Who may be texted.")
    delivery: Delivery = Field(Delivery(), description="How messages leave.")
    numbers: Numbers = Field(Numbers(), description="How numbers are normalised.")
    smart_encoding: bool = Field(False, description="Replace typographic characters so that texts stay GSM-7.")
    links: Links | None = Field(
        None, description="Short links. Default: on where a shortener is loaded and a domain is known."
    )
    quiet_hours: QuietHours | None = Field(QuietHours(), description="When people are left alone; null: never.")
    limits: Limits = Field(Limits(), description="Caps on what is sent.")
    prices: dict[Country, Price] = Field(
        {}, description="Your own prices by country, over the list prices that come with Engine."
    )
    sending: Sending = Field(Sending(), description="How the send loop behaves.")
    webhooks: dict[Name, Webhook] = Field({}, description="Addresses that keyword rules call, by name.")
    protect: bool = Field(False, description="Apply refuses to delete it, even after its file is gone.")

    @property
    def countries(self) -> tuple[str, ...]:
        """The countries that may be texted."""
        return tuple(self.audience.countries or [self.business.country])

    @property
    def default_country(self) -> str:
        """The country in which numbers without a country code are read."""
        return self.audience.default_country or self.business.country


RATES = {
    SenderKind.LONG_CODE: 1,
    SenderKind.TOLL_FREE: 3,
    SenderKind.SHORT_CODE: 100,
    SenderKind.ALPHANUMERIC: 10,
    SenderKind.MESSAGING_SERVICE: 1,
}
"""Segments a second by kind of sender, where the config says nothing. Twilio's defaults, as of 2026-11-23."""


class SenderConfig(Model):
    """One sender: a number with its kind, an alphanumeric ID, or a messaging service."""

    number: str | None = Field(
        None, pattern=r"^(\+[1-9]\d{6,14}|\d{3,8})$", description="A phone number in E.164, or a short code."
    )
    kind: Literal["long-code", "toll-free", "short-code"] | None = Field(
        None, description="What `number` is; required beside it."
    )
    alphanumeric: str | None = Field(
        None,
        max_length=11,
        pattern=r"^[A-Za-z0-9 ]*[A-Za-z][A-Za-z0-9 ]*$",
        description="Up to 11 letters, digits and spaces, at least one letter; one-way.",
    )
    messaging_service: str | None = Field(
        None, pattern=r"^MG[0-9a-fA-F]{32}$", description="A messaging service at the provider."
    )
    countries: list[Country] | None = Field(None, description="Countries it can reach. Default: the audience's.")
    rate: RateField | None = Field(None, description="Segments a second. Default: by kind.")
    mms: bool = Field(False, description="Whether it can send MMS.")
    protect: bool = Field(False, description="Apply refuses to delete it, even after its file is gone.")

    @property
    def sender_kind(self) -> SenderKind:
        """What kind of sender it is."""
        if self.alphanumeric is not None:
            return SenderKind.ALPHANUMERIC
        if self.messaging_service is not None:
            return SenderKind.MESSAGING_SERVICE
        return SenderKind(self.kind or "long-code")

    @property
    def value(self) -> str:
        """The sender as the provider knows it."""
        return self.number or self.alphanumeric or self.messaging_service or ""

    @property
    def pace(self) -> Rate:
        """Its rate in segments."""
        return self.rate or Rate(RATES[self.sender_kind], timedelta(seconds=1))


def _name_or_person(schema: dict[str, Any]) -> None:
    schema["anyOf"] = [{"required": ["name"]}, {"required": ["person"]}]
    del schema["required"]


class Sample(Model):
    """A person and data to show a template with."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, json_schema_extra=_name_or_person)

    name: str = Field(description="The sample's name. Default: the person's.")
    person: str | None = Field(None, description="Name of a person in people.yaml.")
    data: dict[str, Any] = Field({}, description="What `trigger.*` holds.")


def _named_sample(value: Any) -> Any:
    """Lets a sample be no more than a person, and names a sample after its person."""
    if isinstance(value, str):
        return {"name": value, "person": value}
    if isinstance(value, dict) and "name" not in value and isinstance(value.get("person"), str):
        return {"name": value["person"], **value}
    return value


NamedSample = Annotated[
    Sample,
    BeforeValidator(_named_sample, json_schema_input_type=str | Sample),
]


class TemplateText(Model):
    """The words of a template, in one language."""

    sender: Annotated[Strings, Field(min_length=1)] = Field(
        description="The sender, or several: the first that reaches the recipient's country."
    )
    to: str | None = Field(None, description="Liquid that gives the number. Default: the phone attribute.")
    media: Strings = Field([], description="Addresses of images; Liquid. Any makes it an MMS.")
    media_fallback: Literal["error", "link"] = Field("error", description="Where MMS cannot be received.")
    max_segments: int | None = Field(None, ge=1, le=100, description="Most segments that it may take.")
    shorten_links: bool = Field(True, description="Whether links in it are shortened.")
    body: str = Field(description="The Liquid body, as written after the front matter.")


class Template(TemplateText):
    """A message template: front matter and body, with its variants in other languages."""

    description: str = Field("", description="What it is for, for whoever reads the config.")
    purpose: Purpose = Field(strict=False, description="marketing, transactional or reply; gates depend on it.")
    samples: list[NamedSample] | None = Field(
        None, description="Who to show it with. Default: every person in people.yaml."
    )
    languages: dict[str, TemplateText] = Field(
        {}, description="Variants by language; from files like welcome.es.liquid."
    )
    topic: str | None = Field(
        None, description="Of marketing: the topic that its recipients must have subscribed to. Default: none."
    )
    protect: bool = Field(False, description="Apply refuses to delete it, even after its file is gone.")


def _all_or_topic(value: Any) -> Any:
    if not isinstance(value, bool | str):
        raise ValueError("must be true, false, or the name of a topic")  # noqa: TRY004 # pydantic reports no other
    return value


AllOrTopic = Annotated[bool | str, BeforeValidator(_all_or_topic)]


class Start(Model):
    """A template that a keyword rule starts."""

    template: str = Field(description="Template to send, under the gates of its own purpose.")
    after: Duration = Field(
        timedelta(0), le=timedelta(days=365), description="How long after the text. Default: at once."
    )


class Keyword(Model):
    """One inbound keyword rule."""

    words: Strings = Field([], description="Words, phrases or patterns.")
    match: Literal["exact", "first-word", "phrase", "pattern", "any"] = Field(
        "first-word", description="How the words are matched."
    )
    senders: Strings | None = Field(None, description="Senders it listens on. Default: all.")
    reply: str | None = Field(None, description="Template to answer with.")
    set: dict[str, Any] = Field({}, description="Attributes that it sets on the person.")
    emit: str | None = Field(None, description="Name of an event that it emits.")
    subscribe: AllOrTopic = Field(False, description="Records an opt-in: true, or the name of a topic for that alone.")
    unsubscribe: AllOrTopic = Field(
        False, description="Takes consent back: true, as STOP does, or the name of a topic for that alone."
    )
    start: Start | None = Field(None, description="Template that it sends later on.")
    call: str | None = Field(None, description="Name of a webhook of the workspace that it calls.")
    protect: bool = Field(False, description="Apply refuses to delete it, even after its file is gone.")


class StandardKeyword(Model):
    """How STOP, START or HELP is answered, and which further words mean the same."""

    reply: str | None = Field(None, description="Template to answer with. Default: a built-in sentence.")
    extra_words: list[str] = Field([], description="Words that mean the same, beside the built-in ones.")


class ConsentConfig(Model):
    """Who may be texted what."""

    scope: Literal["workspace", "sender"] = Field("workspace", description="What a STOP stops.")
    marketing: Literal["subscribed", "not-stopped"] = Field("subscribed", description="What marketing needs.")
    replies_by: Literal["engine", "provider"] | None = Field(
        None, description="Who answers STOP, START and HELP. Default: by provider."
    )
    stop: StandardKeyword = Field(StandardKeyword(), description="STOP.")
    start: StandardKeyword = Field(StandardKeyword(), description="START.")
    help: StandardKeyword = Field(StandardKeyword(), description="HELP.")


class Topic(Model):
    """A kind of marketing that people choose by itself."""

    name: str = Field(min_length=1, description="What people know it as; `event.topic` in the question.")
    double_opt_in: bool = Field(False, description="Ask once more: only a YES to the question subscribes.")
    confirm: str | None = Field(None, description="Template of the question. Default: a built-in sentence.")
    confirm_within: Duration = Field(
        timedelta(hours=24), gt=timedelta(0), description="How long a YES answers the question."
    )
    protect: bool = Field(False, description="Apply refuses to delete it, even after its file is gone.")


class SendersFile(Model):
    """senders.yaml: who messages come from."""

    senders: dict[Name, SenderConfig] = Field({}, description="Senders by name.")


class KeywordsFile(Model):
    """keywords.yaml: inbound keyword rules, consent and topics."""

    keywords: dict[Name, Keyword] = Field({}, description="Rules by name, in order.")
    consent: ConsentConfig = Field(ConsentConfig(), description="Who may be texted what.")
    topics: dict[Name, Topic] = Field({}, description="Subscription topics by name.")


class PeopleFile(Model):
    """people.yaml: synthetic people for previews and tests. Never imported, never texted."""

    people: dict[str, dict[str, Any]] = Field({}, description="Attributes by person.")


class Workspace(Model):
    """A whole workspace, from all its files."""

    settings: WorkspaceConfig
    senders: dict[str, SenderConfig] = {}
    templates: dict[str, Template] = {}
    snippets: dict[str, str] = {}
    keywords: dict[str, Keyword] = {}
    consent: ConsentConfig = ConsentConfig()
    topics: dict[str, Topic] = {}
    people: dict[str, dict[str, Any]] = {}


class Project(Model):
    """A whole config."""

    engine: EngineConfig
    workspaces: dict[str, Workspace] = {}
