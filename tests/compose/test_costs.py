"""What composing costs, as ratios: machines differ, and both sides of a ratio run on the same one."""

from __future__ import annotations

import time
from collections.abc import Callable

from engine.compose.analysis import analyse
from engine.compose.environment import MessageEnvironment
from engine.compose.segments import count_segments

BODY = (
    "Hi {{ customer.first_name | default: 'there' }}, {% if trigger.order %}order {{ trigger.order.id }}"
    "{% for item in trigger.order.items %} {{ item.name }}{% endfor %}{% else %}welcome{% endif %}: https://acme.example/x"
)


def best(run: Callable[[], object], *, times: int = 200, rounds: int = 7) -> float:
    """Gives the shortest of several rounds: what disturbs a round only makes it longer."""
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        for _ in range(times):
            run()
        taken.append(time.perf_counter() - began)
    return min(taken)


def test_plain_text_is_not_counted_character_by_character() -> None:
    text = "Hi Ada, welcome to the club! " * 55
    assert best(lambda: count_segments(text)) < best(lambda: [ord(char) < 128 for char in text]) / 3


def test_analysis_is_cheaper_than_parsing() -> None:
    environment = MessageEnvironment({})
    nodes = environment.from_string(BODY).nodes
    parsing = best(lambda: environment.from_string(BODY))
    assert best(lambda: analyse(nodes, environment.filters)) < parsing
