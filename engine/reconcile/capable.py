"""What an account must have and be able to do for the senders of a config: findings, each at its place.

What is missing is an error: messages from such a sender are refused, one by one, and nobody could have meant that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from engine.config.models import SenderConfig, Workspace
from engine.reconcile.addresses import PROVIDER
from engine.types import Finding, RemoteSender, SenderWebhook, Severity, Source

LEFT_TO_US = (None, "engine", "leave")
"""What stands in `webhooks:` where nobody has chosen an address."""


def shortcomings(
    address: str, workspace: Workspace, sender: SenderConfig, remote: RemoteSender | None, sources: Mapping[str, Source]
) -> Iterator[Finding]:
    """Gives what the account lacks for a sender; `remote` is the sender there, None where there is none."""
    provider = workspace.settings.delivery.provider

    def found(at: str, code: str, message: str, hint: str, severity: Severity = Severity.ERROR) -> Finding:
        return placed(
            sources.get(f"{address}#{at}") or sources.get(address),
            Finding(code, severity, message, hint, address=address),
        )

    identity = "number" if sender.number is not None else "messaging_service"
    if remote is None:
        message = f"the account at {provider} has no sender {sender.value}"
        yield found(
            identity,
            "provider.sender-missing",
            message,
            "messages from it will be refused; check the number and the account",
        )
        return
    if not remote.sms:
        message = f"{sender.value} cannot send texts at {provider}"
        yield found(
            identity, "provider.sender-cannot-text", message, "choose a number that can, or have it enabled there"
        )
    if sender.mms and not remote.mms:
        message = f"{sender.value} cannot send MMS at {provider}"
        yield found("mms", "provider.sender-cannot-mms", message, "take `mms: true` out, or choose a number that can")
    if remote.kind is not sender.sender_kind:
        message = f"{sender.value} is a {remote.kind} at {provider}, not a {sender.sender_kind}"
        yield found(
            "kind",
            "provider.sender-kind",
            message,
            f"write `kind: {remote.kind}`; the pace hangs on it",
            Severity.WARNING,
        )
    if remote.countries is not None:
        reached = sender.countries if sender.countries is not None else workspace.settings.countries
        beyond = sorted(set(reached) - remote.countries)
        if beyond:
            there = ", ".join(sorted(remote.countries))
            message = f"{sender.value} cannot text {', '.join(beyond)}: {provider} has it for {there} alone"
            yield found("countries", "provider.sender-country", message, "name its `countries`", Severity.WARNING)


def unsettable(
    address: str, sender: SenderConfig, remote: RemoteSender, sources: Mapping[str, Source]
) -> Iterator[Finding]:
    """Gives a warning for each webhook that the config chooses and the provider does not have for this sender."""
    for webhook in SenderWebhook:
        if getattr(sender.webhooks, webhook) not in LEFT_TO_US and webhook not in remote.webhooks:
            yield placed(
                sources.get(f"{address}#webhooks.{webhook}") or sources.get(address),
                Finding(
                    code="provider.webhook-not-settable",
                    severity=Severity.WARNING,
                    message=f"{sender.value} has no webhook {str(webhook)!r} of its own that can be set",
                    hint="take it out",
                    address=address,
                ),
            )


def held(address: str, value: str, holder: str, inbound: str, sources: Mapping[str, Source]) -> Finding:
    """Gives the warning for a sender whose texts another sender of the account takes elsewhere."""
    return placed(
        sources.get(address),
        Finding(
            code="provider.sender-held",
            severity=Severity.WARNING,
            message=f"{holder} takes the texts to {value}, to {inbound or 'nowhere'}: they do not come here",
            hint="make it a sender, too, let it leave texts to its numbers, or write `webhooks: {inbound: leave}`",
            address=address,
        ),
    )


def left_behind(name: str, value: str, sources: Mapping[str, Source]) -> Finding:
    """Gives the warning for what is no sender any more, and whose texts still come to `engine serve`."""
    address = f"{name}/workspace"
    return placed(
        sources.get(address),
        Finding(
            code="provider.sender-left-behind",
            severity=Severity.WARNING,
            message=f"{value} is no sender of {name}, and its texts still come here, where nobody knows it",
            hint="before a sender is taken out, apply it with `webhooks: {inbound: none}`; or set another address at "
            "the provider",
            address=address,
        ),
    )


def shared(value: str, webhook: SenderWebhook, addresses: Sequence[str], sources: Mapping[str, Source]) -> Finding:
    """Gives the warning for a sender that several workspaces want to lead elsewhere."""
    last = addresses[-1].replace(f"/{PROVIDER}/", "/sender/", 1)
    others = ", ".join(address.partition("/")[0] for address in addresses[:-1])
    return placed(
        sources.get(f"{last}#webhooks.{webhook}") or sources.get(last),
        Finding(
            code="provider.sender-shared",
            severity=Severity.WARNING,
            message=f"{value} is a sender of {others}, too, which wants its webhook {str(webhook)!r} elsewhere: "
            "it is not set",
            hint=f"write `webhooks: {{{webhook}: leave}}` in all workspaces but one",
            address=last,
        ),
    )


def unreadable(name: str, workspace: Workspace, why: str, sources: Mapping[str, Source]) -> Finding:
    """Gives the warning for a provider that did not say which senders it has."""
    address = f"{name}/workspace"
    return placed(
        sources.get(f"{address}#delivery.provider") or sources.get(address),
        Finding(
            code="provider.unreadable",
            severity=Severity.WARNING,
            message=f"{workspace.settings.delivery.provider} cannot be asked which senders {name} has: {why}",
            hint="check the credentials and the network, or leave it unasked with --no-refresh",
            address=address,
        ),
    )


def placed(source: Source | None, finding: Finding) -> Finding:
    """Gives the finding at a place."""
    if source is None:
        return finding
    return replace(
        finding,
        file=source.file,
        line=source.line,
        column=source.column,
        end_line=source.end_line,
        end_column=source.end_column,
    )
