"""What every `Store` must do: subclass the suite in a plugin's tests and say what to open."""

from __future__ import annotations

import pytest

_PARTS = (
    "agreeing attempts base calling capping claiming clicking committing erasing inbound looking people "
    "provider_steps queueing racing releases rounds stopping texts waiting webhooks workers"
)
# So that a failing assertion tells what it compared, as in a test's own file; it must come before their import.
pytest.register_assert_rewrite(*(f"engine.testing.store.{part}" for part in _PARTS.split()))

from engine.testing.store.agreeing import AgreeingSuite  # noqa: E402 # see above
from engine.testing.store.attempts import AttemptSuite  # noqa: E402 # see above
from engine.testing.store.calling import CallingSuite  # noqa: E402 # see above
from engine.testing.store.capping import CappingSuite  # noqa: E402 # see above
from engine.testing.store.claiming import ClaimingSuite  # noqa: E402 # see above
from engine.testing.store.clicking import ClickingSuite  # noqa: E402 # see above
from engine.testing.store.committing import CommittingSuite  # noqa: E402 # see above
from engine.testing.store.erasing import ErasingSuite  # noqa: E402 # see above
from engine.testing.store.inbound import InboundSuite  # noqa: E402 # see above
from engine.testing.store.looking import LookingSuite  # noqa: E402 # see above
from engine.testing.store.people import PeopleSuite  # noqa: E402 # see above
from engine.testing.store.provider_steps import ProviderStepsSuite  # noqa: E402 # see above
from engine.testing.store.queueing import QueueingSuite  # noqa: E402 # see above
from engine.testing.store.racing import RacingSuite  # noqa: E402 # see above
from engine.testing.store.releases import ReleasesSuite  # noqa: E402 # see above
from engine.testing.store.rounds import RoundsSuite  # noqa: E402 # see above
from engine.testing.store.stopping import StoppingSuite  # noqa: E402 # see above
from engine.testing.store.texts import TextsSuite  # noqa: E402 # see above
from engine.testing.store.waiting import WaitingSuite  # noqa: E402 # see above
from engine.testing.store.webhooks import WebhooksSuite  # noqa: E402 # see above
from engine.testing.store.workers import WorkersSuite  # noqa: E402 # see above


class StoreConformance(
    ReleasesSuite,
    RoundsSuite,
    ProviderStepsSuite,
    PeopleSuite,
    AgreeingSuite,
    ErasingSuite,
    QueueingSuite,
    ClaimingSuite,
    CommittingSuite,
    CappingSuite,
    ClickingSuite,
    AttemptSuite,
    CallingSuite,
    LookingSuite,
    InboundSuite,
    TextsSuite,
    WebhooksSuite,
    StoppingSuite,
    WaitingSuite,
    WorkersSuite,
    RacingSuite,
):
    """The whole contract. A subclass named Test… sets `store_class`, and `url` where the default does not fit.

    >>> class TestMine(StoreConformance):
    ...     store_class = MyStore
    ...     def url(self) -> str:
    ...         return "mine://here"
    """


__all__ = ["StoreConformance"]
