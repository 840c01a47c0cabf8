"""How often a client may ask for what is not there."""

from __future__ import annotations

import pytest

from engine.web.throttle import BURST, PER_SECOND, Throttle


class Time:
    """Monotonic seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def misses(throttle: Throttle, client: str, most: int = 1000) -> int:
    """How many misses a client has until it must wait."""
    for n in range(most):
        if throttle.wait(client):
            return n
        throttle.miss(client)
    return most


def test_a_client_has_a_few_misses_and_gets_them_back() -> None:
    throttle = Throttle(time := Time())
    assert misses(throttle, "203.0.113.7") == BURST
    assert throttle.wait("203.0.113.7") == round(1 / PER_SECOND)
    time.now += 1 / PER_SECOND
    assert misses(throttle, "203.0.113.7") == 1
    time.now += 1_000_000
    assert misses(throttle, "203.0.113.7") == BURST


def test_who_does_not_miss_never_waits_and_is_not_remembered() -> None:
    throttle = Throttle(Time())
    misses(throttle, "203.0.113.7")
    assert throttle.wait("203.0.113.8") == 0
    assert len(throttle) == 1


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff", True),
        ("2001:db8:0:0:1::", "2001:db8:0:0:2::1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:203.0.113.7", "203.0.113.7", True),
        ("::ffff:203.0.113.7", "::ffff:203.0.113.8", False),
        ("203.0.113.7:1000", "203.0.113.7:2000", True),
        ("[2001:db8::1]:1000", "[2001:db8::2]:2000", True),
        ("not:an:address", "not:an:address", True),
        ("not:an:address", "another:one:yet", False),
        ("", "203.0.113.7", False),
    ],
)
def test_an_address_stands_for_whoever_has_its_network(one: str, other: str, same: bool) -> None:
    throttle = Throttle(Time())
    misses(throttle, one)
    assert bool(throttle.wait(other)) is same


def test_memory_is_bounded_and_keeps_who_missed_last() -> None:
    throttle = Throttle(Time(), burst=1, clients=100)
    for n in range(1000):
        throttle.miss(f"198.51.100.{n}")
        throttle.miss("203.0.113.7")
    assert len(throttle) == 100
    assert throttle.wait("203.0.113.7")
    assert throttle.wait("198.51.100.999")
    assert not throttle.wait("198.51.100.0")
