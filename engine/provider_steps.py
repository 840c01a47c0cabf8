"""What apply does at providers, as the `Store` keeps it: the steps of a plan, and what was set."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class StepState(StrEnum):
    """How far a step is."""

    PENDING = "pending"  # not begun, or nobody knows: the process that took it ended
    DONE = "done"  # the provider said so
    FAILED = "failed"  # it was refused, or no answer came; the message says which


class SenderKey(NamedTuple):
    """One sender at one workspace's provider, by the value that the provider knows it by."""

    workspace: str
    provider: str
    value: str


@dataclass(frozen=True, slots=True)
class ProviderStep:
    """One change of one sender at its provider. What it sets are webhook addresses by name, "" for none."""

    address: str  # "acme/provider/support"
    sender: SenderKey
    sets: Mapping[str, str]
    digest: str  # of the plan that was agreed to
    by: str  # user@host
    at: datetime  # when it got into this state
    state: StepState = StepState.PENDING
    message: str = ""  # why it failed


class ProviderSteps(ABC):
    """The part of the contract that remembers what was done at providers."""

    @abstractmethod
    def begin_steps(self, steps: Sequence[ProviderStep]) -> None:
        """Writes down what is going to be done, in order, in the place of what earlier plans have left undone. None at
        all: there is nothing left to do."""

    @abstractmethod
    def end_step(self, address: str, state: StepState, *, at: datetime, message: str = "") -> None:
        """Says what became of a step of those begun last; what a DONE one has set is remembered with it."""

    @abstractmethod
    def last_steps(self) -> Sequence[ProviderStep]:
        """Gives the steps that were begun last, in order; empty before the first."""

    @abstractmethod
    def webhooks_set(self) -> Mapping[SenderKey, Mapping[str, str]]:
        """Gives the webhook addresses of every sender as they were last set, or found to be as they should."""

    @abstractmethod
    def remember_webhooks(self, found: Mapping[SenderKey, Mapping[str, str]], *, at: datetime) -> None:
        """Remembers addresses that were found to be as they should, in the place of what stood there."""
