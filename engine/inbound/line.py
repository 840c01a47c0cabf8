"""Where texts come in."""

from __future__ import annotations

from dataclasses import dataclass

from engine.config.models import Workspace
from engine.types import SenderKind


@dataclass(frozen=True, slots=True)
class Line:
    """Where texts come in: a workspace under its applied release, and who answers STOP, START and HELP there."""

    name: str  # the workspace's
    workspace: Workspace
    release: str
    provider_answers: bool  # the provider answers STOP, START and HELP itself

    @property
    def engine_answers(self) -> bool:
        """True where the answers to STOP, START and HELP are ours to give."""
        replies_by = self.workspace.consent.replies_by
        return replies_by == "engine" or (replies_by is None and not self.provider_answers)

    def sender_of(self, value: str) -> str | None:
        """Gives the name of the sender that a number, code or service is."""
        for name, sender in self.workspace.senders.items():
            if sender.value == value:
                return name
        return None

    def is_toll_free(self, name: str | None) -> bool:
        """True for the name of a toll-free number."""
        return name is not None and self.workspace.senders[name].sender_kind is SenderKind.TOLL_FREE
