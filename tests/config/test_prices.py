"""What a message costs, and what is said of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from config_folder import Config

from engine.caps import Cost
from engine.config.prices import cost, list_prices
from engine.config.settings_models import WorkspaceConfig


def settings(**fields: Any) -> WorkspaceConfig:
    return WorkspaceConfig.model_validate({"name": "Acme", "business": {"country": "US"}, **fields})


@pytest.mark.parametrize(
    ("prices", "country", "segments", "mms", "expected"),
    [
        ({}, "US", 3, False, "0.0384 USD"),
        ({}, "US", 1, True, "0.022 USD"),
        ({}, "GB", 1, False, None),
        ({}, None, 1, False, None),
        ({"US": {"sms": "0.01 USD"}}, "US", 2, False, "0.02 USD"),
        ({"US": {"sms": "0.01 USD"}}, "US", 1, True, "0.022 USD"),  # what is not given stays the list's
        ({"GB": {"sms": "0.04 GBP"}}, "GB", 2, False, "0.08 GBP"),
        ({"GB": {"sms": "0.04 GBP"}}, "GB", 1, True, None),
    ],
)
def test_segments_at_their_price(
    prices: Any, country: str | None, segments: int, mms: bool, expected: str | None
) -> None:
    found = cost(settings(prices=prices), country, segments=segments, mms=mms)
    amount, _, currency = (expected or "").partition(" ")
    assert found == (Cost(Decimal(amount), currency) if expected else None)


def test_list_prices_have_a_source_and_a_date() -> None:
    assert list_prices().source
    assert list_prices().as_of.startswith("2026-")


@pytest.mark.parametrize("amount", ["0.0083", "USD 0.0083", "0.0083 usd", "0,0083 USD", "-1 USD", "1e3 USD", 0.0083])
def test_money_is_an_amount_and_a_currency(config: Config, amount: Any) -> None:
    config.write("workspace.yaml", f"name: A\nbusiness: {{country: US}}\nprices: {{US: {{sms: {amount!r}}}}}\n")
    assert config.codes() == ["config.value"]


def test_a_limit_on_money_asks_for_prices_of_the_whole_audience(config: Config) -> None:
    text = "name: A\nbusiness: {country: US}\naudience: {countries: [US, GB]}\nlimits: {spend: 200 USD/24h}\n"
    config.write("workspace.yaml", text)
    finding = config.only()
    assert (finding.code, finding.severity, finding.line) == ("limits.price-unknown", "warning", 4)
    assert "GB" in finding.message
    assert "US" not in finding.message.partition(" have ")[0]
    config.write("workspace.yaml", text + "prices: {GB: {sms: 0.05 USD}}\n")
    assert config.findings() == []


def test_quiet_hours_have_an_end(config: Config) -> None:
    config.write("workspace.yaml", 'name: A\nbusiness: {country: US}\nquiet_hours: {from: "08:00", to: "08:00"}\n')
    assert config.codes() == ["config.value"]
