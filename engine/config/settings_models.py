"""The models of workspace.yaml: who sends, to whom, through what, and within which limits."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from engine.config.base import Country, Model, Name
from engine.config.rails import Rails
from engine.config.values import Duration, MoneyField, RateField, SpendField, one_or_many
from engine.types import Purpose, SecretRef


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
    rails: Rails = Field(Rails(), description="How much of the workspace one apply may change.")
    protect: bool = Field(False, description="Apply refuses to delete it, even after its file is gone.")

    @property
    def countries(self) -> tuple[str, ...]:
        """The countries that may be texted."""
        return tuple(self.audience.countries or [self.business.country])

    @property
    def default_country(self) -> str:
        """The country in which numbers without a country code are read."""
        return self.audience.default_country or self.business.country
