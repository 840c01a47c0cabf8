"""The config language. These models are its only definition: schema, reference and error messages come from them."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, InstanceOf, StringConstraints

from engine.config.base import Country, Model, Name, Strings
from engine.config.lazy import Lazy
from engine.config.settings_models import (
    WorkspaceConfig,
)
from engine.config.values import Duration, Rate, RateField
from engine.types import Purpose, SenderKind


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


RATES = {
    SenderKind.LONG_CODE: 1,
    SenderKind.TOLL_FREE: 3,
    SenderKind.SHORT_CODE: 100,
    SenderKind.ALPHANUMERIC: 10,
    SenderKind.MESSAGING_SERVICE: 1,
}
"""Segments a second by kind of sender, where the config says nothing. Twilio's defaults, as of 2026-11-23."""


WebhookTarget = Annotated[str, StringConstraints(pattern=r"^(engine|leave|none|https?://\S+)$")]


class SenderWebhooks(Model):
    """Where a sender's provider calls. `apply` sets it there, as the plan shows."""

    inbound: WebhookTarget = Field(
        "engine",
        description="Texts: `engine` for `engine serve` at `public_url`, where there is one; `leave` as it is at the "
        "provider; `none`; or another https address.",
    )
    fallback: WebhookTarget | None = Field(
        None,
        description="Texts to which `inbound` gave no good answer: the same words, or an https address. Default: as it "
        "is at the provider, and none in place of an address that stood here before.",
    )
    status: WebhookTarget = Field(
        "engine",
        description="Statuses of messages that name no address of their own, of messaging services: the same words.",
    )


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
    webhooks: SenderWebhooks = Field(SenderWebhooks(), description="Where its provider calls.")
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


def _lazy(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    found = Lazy(Template)
    for name, template in value.items():
        found.add(name, Template.model_validate(template))
    return found


Templates = Annotated[InstanceOf[Lazy[Template]], BeforeValidator(_lazy)]


class Workspace(Model):
    """A whole workspace, from all its files."""

    settings: WorkspaceConfig
    senders: dict[str, SenderConfig] = Field({})
    templates: Templates = Field(default_factory=lambda: Lazy(Template))
    snippets: dict[str, str] = Field({})
    keywords: dict[str, Keyword] = Field({})
    consent: ConsentConfig = ConsentConfig()
    topics: dict[str, Topic] = Field({})
    people: dict[str, dict[str, Any]] = Field({})


class Project(Model):
    """A whole config."""

    engine: EngineConfig
    workspaces: dict[str, Workspace] = Field({})
