"""Compares the senders that a workspace names with those that its provider's account really has. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from engine.config.models import Workspace
from engine.types import Finding, RemoteSender, SenderKind, Severity, Source


def missing_senders(
    name: str, workspace: Workspace, remote: Iterable[RemoteSender], sources: Mapping[str, Source]
) -> Iterator[Finding]:
    """Gives a warning for each configured sender that the account does not have, at its place in the config.

    Alphanumeric senders are no property of an account at any provider we know: nothing is said of them.
    """
    there = {sender.value for sender in remote}
    for sender_name, sender in workspace.senders.items():
        if sender.sender_kind is not SenderKind.ALPHANUMERIC and sender.value not in there:
            address = f"{name}/sender/{sender_name}"
            key = "number" if sender.number is not None else "messaging_service"
            yield placed(
                sources.get(f"{address}#{key}") or sources.get(address),
                Finding(
                    code="provider.sender-missing",
                    severity=Severity.WARNING,
                    message=f"the account at {workspace.settings.delivery.provider} has no sender {sender.value}",
                    hint="messages from it will be refused; check the number and the account",
                    address=address,
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
