"""What every `Shortener` must do: subclass the suite in a plugin's tests and say what to build."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from pathlib import Path

import pytest

from engine.compose.segments import count_segments
from engine.contracts import PluginContext, Shortener
from engine.testing.context import plugin_context
from engine.types import Encoding

DOMAIN = "https://go.acme.example"
URL = "https://acme.example/card?id=1&from=text"


class ShortenerConformance(ABC):
    """Checks an implementation against the contract."""

    @abstractmethod
    def build(self, domain: str, context: PluginContext) -> Shortener:
        """Gives the shortener under test."""

    @pytest.fixture
    def shortener(self, tmp_path: Path) -> Shortener:
        return self.build(DOMAIN, plugin_context(tmp_path))

    def test_has_a_name(self, shortener: Shortener) -> None:
        assert re.fullmatch(r"[a-z][a-z0-9-]*", shortener.name)

    def test_a_link_is_under_the_domain(self, shortener: Shortener) -> None:
        short = shortener.shorten(URL, message_id="m1", position=0)
        assert re.fullmatch(re.escape(DOMAIN) + r"/[A-Za-z0-9_-]+", short)

    def test_the_same_arguments_give_the_same_link(self, shortener: Shortener, tmp_path: Path) -> None:
        first = shortener.shorten(URL, message_id="m1", position=0)
        assert shortener.shorten(URL, message_id="m1", position=0) == first
        again = self.build(DOMAIN, plugin_context(tmp_path, seed=1))  # the next process
        assert again.shorten(URL, message_id="m1", position=0) == first

    def test_every_link_has_its_own_address(self, shortener: Shortener) -> None:
        made = {shortener.shorten(URL, message_id=f"m{m}", position=p) for m in range(1_000) for p in range(3)}
        assert len(made) == 3_000

    def test_a_trailing_slash_of_the_domain_does_not_matter(self, shortener: Shortener, tmp_path: Path) -> None:
        slashed = self.build(DOMAIN + "/", plugin_context(tmp_path))
        assert slashed.shorten(URL, message_id="m1", position=0) == shortener.shorten(URL, message_id="m1", position=0)

    def test_a_preview_has_the_real_length_and_ends_abc123(self, shortener: Shortener) -> None:
        real, shown = shortener.shorten(URL, message_id="m1", position=0), shortener.preview(URL)
        assert len(shown) == len(real)
        assert shown.startswith(DOMAIN + "/")
        assert shown.endswith("abc123")

    def test_previews_are_repeatable(self, shortener: Shortener) -> None:
        assert shortener.preview(URL) == shortener.preview(URL)

    def test_links_and_previews_are_gsm_7_of_the_same_size(self, shortener: Shortener) -> None:
        real = count_segments(shortener.shorten(URL, message_id="m1", position=0))
        assert real.encoding is Encoding.GSM_7
        assert count_segments(shortener.preview(URL)) == real

    def test_a_read_only_context_previews_and_writes_nothing(self, tmp_path: Path) -> None:
        assert self.build(DOMAIN, plugin_context(tmp_path, read_only=True)).preview(URL).endswith("abc123")
        assert list(tmp_path.iterdir()) == []
