"""What goes into a row and comes back."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.state.codec import dumps, loads
from engine.types import Json

LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()


@given(st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_writes_what_the_standard_library_would(value: Json) -> None:
    assert dumps(value) == json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    assert loads(dumps(value)) == value


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [-float("inf")]])
def test_refuses_what_json_cannot_hold(value: Json) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        dumps(value)


def test_refuses_what_is_no_json() -> None:
    with pytest.raises(TypeError):
        dumps({"at": datetime(2026, 3, 1, tzinfo=UTC)})
