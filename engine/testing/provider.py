"""What every `Provider` must do: subclass the suite in a plugin's tests and say what to build and where to look."""

from __future__ import annotations

import asyncio
import re
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, TypeVar

import pytest
from pydantic import ValidationError

from engine.contracts import PluginContext, Provider
from engine.errors import ConfigError, ProviderUnavailable, SendError, SendOutcome, SendScope
from engine.testing.context import ManualClock, plugin_context
from engine.types import (
    Absent,
    Ambiguous,
    Finding,
    Found,
    OutboundMessage,
    ProviderStatus,
    Receipt,
    ReceiptJudgement,
    SecretRef,
    Sender,
    SenderKind,
)

# So that a failing assertion tells what it compared, as in a test's own file; it must come before the import.
pytest.register_assert_rewrite("engine.testing.provider_senders")

from engine.testing.provider_senders import ProviderSendersSuite  # noqa: E402 # see above

T = TypeVar("T")
SECRET = re.compile(r"token|secret|password|passphrase")
MEDIA = "https://cdn.acme.example/welcome.png"


class Arrived(NamedTuple):
    """A message as the provider's side has it."""

    to: str
    body: str
    media: tuple[str, ...] = ()


class ProviderConformance(ProviderSendersSuite, ABC):
    """Checks an implementation against the contract, one event loop a test."""

    provider_class: ClassVar[type[Provider[Any]]]
    secrets: ClassVar[Mapping[str, str]] = {}
    """What the variables hold that the options refer to."""
    sender: ClassVar[Sender] = Sender("support", SenderKind.LONG_CODE, "+14155550100", mms=True)
    refused: ClassVar[Mapping[str, tuple[SendOutcome, SendScope | None]]] = {}
    """Recipients that the provider refuses, and what it says of them."""
    receipts: ClassVar[Mapping[str, ReceiptJudgement]] = {}
    """Codes of its receipts, and what they say of the messages to come."""
    opted_out: ClassVar[str | None] = None
    """A recipient who has opted out at the provider."""

    @abstractmethod
    def options(self) -> Mapping[str, object]:
        """Gives valid options, as they stand in the config."""

    @abstractmethod
    def arrived(self, provider: Provider[Any]) -> Sequence[Arrived]:
        """Gives every message that the provider has taken, in order, looking behind its back."""

    def lose_next_answer(self, *, accepted: bool) -> bool:
        """Makes the next send end without an answer, with the message taken or not. False where it never can."""
        del accepted
        return False

    @pytest.fixture
    def clock(self) -> ManualClock:
        """The time; the provider's side may be made to go by it too."""
        return ManualClock()

    @pytest.fixture
    def context(self, tmp_path: Path, clock: ManualClock) -> PluginContext:
        return plugin_context(tmp_path, clock=clock, secrets=self.secrets)

    @pytest.fixture
    def provider(self, context: PluginContext) -> Provider[Any]:
        return self.build(context)

    def build(self, context: PluginContext) -> Provider[Any]:
        """Gives the provider under test."""
        return self.provider_class(self.provider_class.options_model.model_validate(self.options()), context)

    def message(self, number: int = 0, **changes: Any) -> OutboundMessage:
        """Gives a message like no other number's."""
        plain = OutboundMessage(f"m{number}", "acme", 1, f"+141555501{number:02}", self.sender, f"Hello {number}")
        return replace(plain, **changes)

    def run(self, provider: Provider[Any], use: Callable[[], Awaitable[T]]) -> T:
        """Runs one test's calls, and closes the provider behind them."""

        async def used() -> T:
            try:
                return await use()
            finally:
                await provider.close()

        return asyncio.run(used())

    def test_has_a_name(self) -> None:
        assert re.fullmatch(r"[a-z][a-z0-9-]*", self.provider_class.name)

    def test_every_option_is_described(self) -> None:
        fields = self.provider_class.options_model.model_fields
        assert [name for name, field in fields.items() if not field.description] == []
        assert isinstance(self.provider_class.options_model.model_json_schema(), dict)

    def test_unknown_options_are_refused(self) -> None:
        with pytest.raises(ValidationError) as caught:
            self.provider_class.options_model.model_validate({**self.options(), "no_such_option": 1})
        assert [error["type"] for error in caught.value.errors()] == ["extra_forbidden"]

    def test_secrets_are_references(self) -> None:
        model = self.provider_class.options_model
        for name in model.model_fields:
            if SECRET.search(name):
                for literal in ("a-secret-in-plain-sight", ["a-secret-in-plain-sight"]):
                    with pytest.raises(ValidationError):
                        model.model_validate({**self.options(), name: literal})

    def test_is_built_without_asking_for_secrets(self, context: PluginContext) -> None:
        # Providers are built to validate and to plan, where the variables need not be set.
        def unset(ref: SecretRef) -> str:
            raise ConfigError(f"the variable {ref.name} is not set")

        provider = self.build(replace(context, secret=unset))
        self.run(provider, provider.close)

    def test_sends_one_message(self, provider: Provider[Any]) -> None:
        receipt = self.run(provider, lambda: provider.send(self.message(1)))
        assert isinstance(receipt, Receipt)
        assert receipt.provider_id
        assert self.arrived(provider) == [Arrived("+14155550101", "Hello 1")]

    @pytest.mark.parametrize(
        "body",
        ["¡Olé! 15 € {~}", "Grüße 👩‍👩‍👧 今日は", "a=b&c=%2B d+e\r\nlast line", "x" * 1600],
        ids=["gsm-7", "emoji", "form syntax", "longest"],
    )
    def test_sends_the_body_as_it_is(self, provider: Provider[Any], body: str) -> None:
        self.run(provider, lambda: provider.send(self.message(1, body=body)))
        assert [message.body for message in self.arrived(provider)] == [body]

    def test_sends_media(self, provider: Provider[Any]) -> None:
        if not self.sender.mms:
            pytest.skip("the sender cannot send MMS")
        media = (MEDIA, f"{MEDIA}?size=2&x=%20")
        message = self.message(1, media=media, body="")

        async def use() -> None:
            receipt = await provider.send(message)
            found = await provider.find(message, since=provider.context.clock(), taken=())
            assert isinstance(found, Found)
            assert found.provider_id == receipt.provider_id

        self.run(provider, use)
        assert self.arrived(provider) == [Arrived("+14155550101", "", media)]

    def test_sends_many_at_once(self, provider: Provider[Any]) -> None:
        messages = [self.message(number) for number in range(1, 61)]

        async def use() -> list[Receipt]:
            return list(await asyncio.gather(*map(provider.send, messages)))

        receipts = self.run(provider, use)
        assert len({receipt.provider_id for receipt in receipts}) == len(messages)
        assert sorted(self.arrived(provider)) == sorted(Arrived(m.to, m.body) for m in messages)

    def test_tells_the_status(self, provider: Provider[Any]) -> None:
        async def use() -> None:
            receipt = await provider.send(self.message(1))
            update = await provider.status(receipt.provider_id)
            assert update.provider_id == receipt.provider_id
            assert isinstance(update.status, ProviderStatus)

        self.run(provider, use)

    def test_an_unknown_message_has_no_status(self, provider: Provider[Any]) -> None:
        with pytest.raises(ProviderUnavailable):
            self.run(provider, lambda: provider.status("SMffffffffffffffffffffffffffffffff"))

    def test_finds_what_it_has_sent(self, provider: Provider[Any], clock: ManualClock) -> None:
        async def use() -> None:
            since = clock()
            sent = await provider.send(self.message(1))
            await provider.send(self.message(2))
            found = await provider.find(self.message(1), since=since, taken=())
            assert isinstance(found, Found)
            assert found.provider_id == sent.provider_id
            assert isinstance(found.status, ProviderStatus)

        self.run(provider, use)

    def test_does_not_find_what_was_never_sent(self, provider: Provider[Any], clock: ManualClock) -> None:
        async def use() -> None:
            await provider.send(self.message(2))
            assert await provider.find(self.message(1), since=clock(), taken=()) == Absent()

        self.run(provider, use)

    def test_does_not_find_what_another_message_has_taken(self, provider: Provider[Any], clock: ManualClock) -> None:
        async def use() -> None:
            first = await provider.send(self.message(1))
            assert await provider.find(self.message(1), since=clock(), taken={first.provider_id}) == Absent()
            second = await provider.send(self.message(1))
            found = await provider.find(self.message(1), since=clock(), taken={first.provider_id})
            assert isinstance(found, Found)
            assert found.provider_id == second.provider_id

        self.run(provider, use)

    def test_does_not_choose_between_equals(self, provider: Provider[Any], clock: ManualClock) -> None:
        async def use() -> None:
            sent = {(await provider.send(self.message(1, id=name))).provider_id for name in ("a", "b")}
            found = await provider.find(self.message(1, id="c"), since=clock(), taken=())
            assert not isinstance(found, Found)
            if isinstance(found, Ambiguous):
                assert set(found.candidates) <= sent

        self.run(provider, use)

    def test_another_body_is_not_the_message(self, provider: Provider[Any], clock: ManualClock) -> None:
        async def use() -> None:
            await provider.send(self.message(1))
            found = await provider.find(self.message(1, id="other", body="Something else"), since=clock(), taken=())
            assert not isinstance(found, Found)

        self.run(provider, use)

    def test_does_not_find_what_was_sent_long_before(self, provider: Provider[Any], clock: ManualClock) -> None:
        async def use() -> None:
            await provider.send(self.message(1))
            clock.advance(timedelta(hours=1))
            again = self.message(1, id="later")
            assert await provider.find(again, since=clock(), taken=()) == Absent()

        self.run(provider, use)

    def test_refusals_say_what_they_are_about(self, provider: Provider[Any]) -> None:
        if not self.refused:
            pytest.skip("the provider refuses nobody")

        async def use() -> dict[str, tuple[SendOutcome, SendScope | None]]:
            answers = {}
            for to in self.refused:
                with pytest.raises(SendError) as caught:
                    await provider.send(self.message(1, to=to))
                assert caught.value.code
                assert caught.value.message
                assert caught.value.stops == (to == self.opted_out)
                answers[to] = (caught.value.outcome, caught.value.scope)
            return answers

        assert self.run(provider, use) == self.refused
        assert self.arrived(provider) == []

    @pytest.mark.parametrize("accepted", [True, False], ids=["accepted", "not accepted"])
    def test_a_lost_answer_is_unknown_and_can_be_looked_up(
        self, provider: Provider[Any], clock: ManualClock, accepted: bool
    ) -> None:
        if not self.lose_next_answer(accepted=accepted):
            pytest.skip("the provider never loses an answer")

        async def use() -> Found | Absent | Ambiguous:
            since = clock()
            with pytest.raises(SendError) as caught:
                await provider.send(self.message(1))
            assert caught.value.outcome is SendOutcome.UNKNOWN
            return await provider.find(self.message(1), since=since, taken=())

        found = self.run(provider, use)
        assert isinstance(found, Found if accepted else Absent)
        assert self.arrived(provider) == [Arrived("+14155550101", "Hello 1")] * accepted

    def test_a_read_only_context_changes_nothing(self, context: PluginContext) -> None:
        provider = self.build(replace(context, read_only=True))

        async def use() -> None:
            with pytest.raises(SendError) as caught:
                await provider.send(self.message(1))
            assert caught.value.outcome is SendOutcome.NOT_SENT
            await provider.senders()
            await provider.check_account()

        self.run(provider, use)
        writer = self.build(context)
        self.run(writer, writer.close)
        assert self.arrived(writer) == []

    def test_judges_the_codes_of_its_receipts(self, provider: Provider[Any]) -> None:
        for code, judgement in self.receipts.items():
            assert provider.judge(code) is judgement
        for code in ("", "no-such-code", "99999"):
            assert provider.judge(code) is ReceiptJudgement.NONE
        self.run(provider, provider.close)

    def test_looks_at_its_account(self, provider: Provider[Any]) -> None:
        for finding in self.run(provider, provider.check_account):
            assert isinstance(finding, Finding)
            assert re.fullmatch(r"[a-z-]+\.[a-z-]+", finding.code)

    def test_may_be_closed_unused_and_twice(self, provider: Provider[Any]) -> None:
        async def use() -> None:
            await provider.close()
            await provider.close()

        self.run(provider, use)
