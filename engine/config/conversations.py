"""Conversation tests: the models of tests/*.yaml. They say what a person writes and what must come back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BeforeValidator, Field, model_validator

from engine.config.base import Model
from engine.config.values import Duration
from engine.types import MessageState


def _moment(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("must be a moment with its offset, like 2026-03-01T18:00:00Z") from None


Moment = Annotated[AwareDatetime, BeforeValidator(_moment)]


class Receive(Model):
    """A text arrives."""

    text: str = Field(description="What the person writes.")
    to: str | None = Field(
        None, description="The sender that it arrives at. Default: the last one in use, or the first that can receive."
    )
    from_: str | None = Field(
        None, alias="from", description="The number that writes. Default: the person's, or the first that wrote."
    )
    media: list[str] = Field([], description="Addresses of images that come with it.")


class SendStep(Model):
    """A template is sent."""

    template: str = Field(description="The template.")
    data: dict[str, Any] = Field({}, description="What `trigger.*` holds.")


Consented = Literal["unknown", "subscribed", "stopped"]
OfTopic = Literal["unknown", "pending", "subscribed", "stopped"]


class Expect(Model):
    """What must be true after a step; what is not written is not looked at."""

    rule: str | None = Field(None, description="The keyword rule that won; null where none may.")
    replies: list[str] | None = Field(
        None, description="The texts that came to phones in this step, in order; … matches any text."
    )
    links: list[str] | None = Field(
        None, description="Where the short links of those texts lead, in order; … matches anything."
    )
    media: list[str] | None = Field(None, description="Addresses of those texts' images, in order; … matches anything.")
    person: dict[str, Any] | None = Field(None, description="Attributes that the person has now; null is none.")
    events: list[str] | None = Field(None, description="Names of the events that were emitted in this step, in order.")
    webhooks: list[str] | None = Field(None, description="Names of the webhooks that are to be called for this step.")
    consent: Consented | None = Field(None, description="The person's consent now.")
    topics: dict[str, OfTopic] | None = Field(None, description="What the person said of topics, by name.")
    review: bool | None = Field(None, description="Whether a text of the person waits to be judged by somebody.")
    state: Annotated[MessageState, Field(strict=False)] | None = Field(
        None, description="The state of the message that was sent, or of the last answer."
    )
    reason: str | None = Field(None, description="The code of why that message is in its state; null for no reason.")


class Step(Model):
    """One thing that happens: exactly one of receive, send and wait."""

    receive: Receive | None = Field(None, description="A text arrives.")
    send: SendStep | None = Field(None, description="A template is sent.")
    wait: Duration | None = Field(None, description="Time passes.")
    expect: Expect | None = Field(None, description="What must be true afterwards.")

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        if sum(thing is not None for thing in (self.receive, self.send, self.wait)) != 1:
            raise ValueError("a step is exactly one of receive, send and wait")
        return self


class Conversation(Model):
    """One conversation test; a file is a list of them."""

    name: str = Field(min_length=1, description="What it shows.")
    person: dict[str, Any] | str = Field(
        {}, description="Who talks: attributes, or the name of somebody in people.yaml."
    )
    consent: Consented = Field("unknown", description="The person's consent at the beginning.")
    at: Moment | None = Field(
        None, description="When it begins, with offset. Default: 2026-03-02T18:00:00Z, when nobody's quiet hours hold."
    )
    steps: list[Step] = Field(min_length=1, description="What happens, in order.")
