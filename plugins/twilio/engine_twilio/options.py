"""What stands under `delivery:` beside `provider: twilio`."""

from __future__ import annotations

import ipaddress
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from engine import Options, SecretRef


class TwilioOptions(Options):
    """An account at Twilio and how to reach it."""

    account_sid: str = Field(
        pattern=r"^AC[0-9a-fA-F]{32}$", description="The account's SID, from the front page of the Twilio console."
    )
    auth_token: SecretRef | None = Field(
        None, description="The account's auth token. Needed unless `api_key` and `api_secret` are given."
    )
    api_key: str | None = Field(
        None, pattern=r"^SK[0-9a-fA-F]{32}$", description="SID of an API key to make calls with, in place of the token."
    )
    api_secret: SecretRef | None = Field(None, description="The API key's secret.")
    webhook_auth_tokens: list[SecretRef] = Field(
        [],
        description="Tokens that webhook signatures may be made with; several while a token is rotated. "
        "Default: `auth_token`.",
    )
    region: str | None = Field(
        None, pattern=r"^[a-z0-9-]{1,32}$", description="Twilio region, e.g. `ie1`. Credentials belong to a region."
    )
    edge: str | None = Field(
        None, pattern=r"^[a-z0-9-]{1,32}$", description="Twilio edge, e.g. `dublin`: where calls enter its network."
    )
    replies: Literal["outbox", "twiml"] = Field(
        "outbox",
        description="How the reply to a text goes out: as a message like any other, or in the answer to the webhook, "
        "which saves a call and is not paced. Twilio has TwiML for messages in its region us1 only.",
    )
    api_url: str | None = Field(
        None, description="Another base address for every call, for proxies and emulators: https, or loopback."
    )

    @property
    def signing_tokens(self) -> tuple[SecretRef, ...]:
        """The tokens that a webhook may be signed with."""
        return tuple(self.webhook_auth_tokens) or ((self.auth_token,) if self.auth_token else ())

    @field_validator("api_url")
    @classmethod
    def _https_or_loopback(cls, value: str | None) -> str | None:
        if value is None:
            return None
        address = urlsplit(value)
        if not address.hostname or address.query or address.fragment or address.username:
            raise ValueError("must be an address like https://proxy.example/twilio, without query or user")
        if address.scheme != "https" and not (address.scheme == "http" and _loopback(address.hostname)):
            raise ValueError("must be https: it carries the account's credentials (http only on loopback)")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _one_way_to_sign_in(self) -> Self:
        if (self.api_key is None) != (self.api_secret is None):
            given, missing = ("api_key", "api_secret") if self.api_key else ("api_secret", "api_key")
            raise ValueError(f"{given} is given without {missing}: an API key needs both")
        if self.auth_token is None and self.api_key is None:
            raise ValueError("no credentials: give auth_token, or api_key and api_secret")
        return self


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
