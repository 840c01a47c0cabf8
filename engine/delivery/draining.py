"""When a drain may end: when nothing is left that time alone would settle."""

from __future__ import annotations

from collections.abc import Collection

from engine.delivery.halts import Halts
from engine.delivery.hands import Hands
from engine.types import MessageState


async def left(hands: Hands, halts: Halts, lanes: Collection[str], asleep: Collection[str]) -> bool:
    """True while a message is on its way or due, retries at a time of its own, or is looked up.

    What is paused or rests behind a breaker waits for a person or a longer time, and is not waited for; `asleep` are
    the workspaces whose provider this worker cannot ask.
    """
    # In this order: what is no longer due when first asked shows among the states when they are counted.
    due = set(await hands.ask(hands.store.due_lanes, hands.clock()))
    counts = await hands.ask(hands.store.count_states)
    if counts.get(MessageState.CLAIMED) or counts.get(MessageState.SENDING):
        return True

    def waits(lane: str) -> bool:
        return halts.holds(lane) or lane.partition("/")[0] in asleep

    resting = {lane for lane in {*due, *lanes} if waits(lane)}
    if due - resting or set(await hands.ask(hands.store.due_lanes, hands.clock())) - resting:
        return True
    if counts.get(MessageState.RETRY_WAIT):
        retrying = await hands.ask(hands.store.lanes_retrying)
        if not all(waits(lane) for lane in retrying):
            return True
    if not counts.get(MessageState.IN_DOUBT):
        return False
    return any(
        states.get(MessageState.IN_DOUBT) and lane.partition("/")[0] not in asleep
        for lane, states in (await hands.ask(hands.store.count_lanes)).items()
    )
