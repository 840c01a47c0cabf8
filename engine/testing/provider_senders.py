"""What every `Provider` must do about its senders and their webhooks; a part of `ProviderConformance`."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from engine.contracts import PluginContext, Provider
from engine.errors import UsageError
from engine.types import Capability, RemoteChange, RemoteSender, SenderKind, SenderWebhook

HERE = "https://sms.acme.example/webhooks/acme/provider/inbound"
THERE = "https://fallback.acme.example/sms"
NOBODY = RemoteSender(SenderKind.LONG_CODE, "+14155550199")


class ProviderSendersSuite(ABC):
    """Checks that webhooks are read as they are set, and are set as they are asked for."""

    @abstractmethod
    def build(self, context: PluginContext) -> Provider[Any]:
        """Gives the provider under test."""

    def test_lists_its_senders(self, provider: Provider[Any]) -> None:
        found = _run(provider, provider.senders())
        assert all(isinstance(sender, RemoteSender) and sender.value for sender in found)
        assert len({(sender.kind, sender.value) for sender in found}) == len(found)
        assert all(isinstance(webhook, SenderWebhook) for sender in found for webhook in sender.webhooks)

    def test_says_whether_it_can_set_webhooks(self, provider: Provider[Any]) -> None:
        if Capability.CONFIGURE in provider.capabilities:
            pytest.skip("it can")

        async def use() -> None:
            assert [sender for sender in await provider.senders() if sender.webhooks] == []
            with pytest.raises(UsageError):
                await provider.configure(RemoteChange(NOBODY, {SenderWebhook.INBOUND: HERE}))

        _run(provider, use())

    def test_sets_what_it_is_told_and_nothing_else(self, provider: Provider[Any]) -> None:
        if Capability.CONFIGURE not in provider.capabilities:
            pytest.skip("it sets no webhooks")

        async def use() -> None:
            before = await provider.senders()
            assert any(sender.webhooks for sender in before), "an account with a sender is needed for this test"
            for sender in before:
                expected = dict(sorted(sender.webhooks.items(), reverse=True))
                # A fallback may need something to be the fallback of.
                urls = [*zip(expected, (HERE, THERE, HERE), strict=False), *((one, "") for one in reversed(expected))]
                for webhook, url in urls:
                    expected[webhook] = url
                    change = RemoteChange(sender, {webhook: url})
                    await provider.configure(change)
                    assert (await _again(provider, sender)).webhooks == expected
                    await provider.configure(change)
                    assert (await _again(provider, sender)).webhooks == expected, "the same change again does no harm"
                if expected:
                    both = dict.fromkeys(expected, THERE)
                    await provider.configure(RemoteChange(await _again(provider, sender), both))
                    assert (await _again(provider, sender)).webhooks == both
                    await provider.configure(RemoteChange(sender, dict(sender.webhooks)))
            assert list(await provider.senders()) == list(before), "nothing else has changed"

        _run(provider, use())

    def test_a_read_only_context_sets_no_webhooks(self, context: PluginContext) -> None:
        reader, writer = self.build(replace(context, read_only=True)), self.build(context)

        async def use() -> None:
            before = await reader.senders()
            for sender in [*before, NOBODY]:
                change = RemoteChange(sender, dict.fromkeys(sender.webhooks or (SenderWebhook.INBOUND,), HERE))
                with pytest.raises(UsageError):
                    await reader.configure(change)
            await reader.close()
            assert list(await writer.senders()) == list(before)

        _run(writer, use())


def _run(provider: Provider[Any], use: Any) -> Any:
    async def used() -> Any:
        try:
            return await use
        finally:
            await provider.close()

    return asyncio.run(used())


async def _again(provider: Provider[Any], sender: RemoteSender) -> RemoteSender:
    found: Sequence[RemoteSender] = await provider.senders()
    return next(one for one in found if (one.kind, one.value) == (sender.kind, sender.value))
