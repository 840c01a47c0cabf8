"""Where texts come in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.config.models import Workspace
from engine.types import SenderKind


@dataclass(frozen=True, slots=True)
class Line:
    """Where texts come in: a workspace under its applied release, and who answers STOP, START and HELP there."""

    name: str  # the workspace's
    workspace: Workspace
    release: str
    provider_answers: bool  # the provider answers STOP, START and HELP itself
    names: Mapping[str, str] = field(init=False)  # of its senders, by number, code or service
    toll_free: frozenset[str] = field(init=False)  # the names of those that are toll-free

    def __post_init__(self) -> None:
        """Looks through the senders once."""
        senders = self.workspace.senders
        object.__setattr__(self, "names", {sender.value: name for name, sender in reversed(senders.items())})
        toll_free = {name for name, sender in senders.items() if sender.sender_kind is SenderKind.TOLL_FREE}
        object.__setattr__(self, "toll_free", frozenset(toll_free))

    @property
    def engine_answers(self) -> bool:
        """True where the answers to STOP, START and HELP are ours to give."""
        replies_by = self.workspace.consent.replies_by
        return replies_by == "engine" or (replies_by is None and not self.provider_answers)

    def sender_of(self, value: str) -> str | None:
        """Gives the name of the sender that a number, code or service is."""
        return self.names.get(value)

    def is_toll_free(self, name: str | None) -> bool:
        """True for the name of a toll-free number."""
        return name in self.toll_free
