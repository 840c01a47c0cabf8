from __future__ import annotations

from collections.abc import Iterator

import pytest
from phones_shop import Served, open_shop, serve


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A shop that is served, for a whole module: each test has phones of its own."""
    running = serve(open_shop(tmp_path_factory.mktemp("shop")))
    yield running
    assert running.stop() == 0
