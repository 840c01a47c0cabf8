"""Which objects messages in the queue cannot do without."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from engine.reconcile.addresses import workspace_of
from engine.store import Store
from engine.types import MessageState

UNSETTLED = (
    MessageState.QUEUED,
    MessageState.CLAIMED,
    MessageState.RETRY_WAIT,
    MessageState.SENDING,
    MessageState.IN_DOUBT,
    MessageState.HELD,
)
"""States of messages that may still go out, or that a look at the provider must settle."""


def needed(store: Store) -> Mapping[str, int]:
    """Gives by address how many messages still need a template, which they are yet to be made of, or a sender and a
    workspace, through which they leave and are looked up."""
    found: Counter[str] = Counter()
    for queue, count in store.waiting().items():
        found[f"{queue.workspace}/template/{queue.template}"] += count
    for lane, states in store.count_lanes().items():
        count = sum(states.get(state, 0) for state in UNSETTLED)
        found[lane] += count
        found[f"{workspace_of(lane)}/workspace"] += count
    return found
