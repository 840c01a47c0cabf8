from __future__ import annotations

import os
import re
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from engine_shortlinks.key import FILE, load_or_create
from engine_shortlinks.shortener import ALPHABET, ShortLinks

from engine import PluginContext, Shortener, StateUnavailable
from engine.testing.context import plugin_context
from engine.testing.shortener import DOMAIN, URL, ShortenerConformance

CODE = re.compile(f"[{ALPHABET}]{{10}}")


class TestConformance(ShortenerConformance):
    def build(self, domain: str, context: PluginContext) -> Shortener:
        return ShortLinks(domain, context)


def test_a_code_is_ten_base58_characters(tmp_path: Path) -> None:
    links = ShortLinks(DOMAIN, plugin_context(tmp_path))
    codes = [links.shorten(URL, message_id=str(n), position=0).rpartition("/")[2] for n in range(2_000)]
    assert all(CODE.fullmatch(code) for code in codes)
    # Every character turns up at every place: no part of the range is left out.
    assert all({code[place] for code in codes} == set(ALPHABET) for place in range(10))


def test_codes_hang_on_the_key_not_only_on_the_message(tmp_path: Path) -> None:
    made = set()
    for seed in range(2):
        folder = tmp_path / str(seed)
        made.add(ShortLinks(DOMAIN, plugin_context(folder, seed=seed)).shorten(URL, message_id="m1", position=0))
    assert len(made) == 2


def test_another_destination_never_gets_the_same_code(tmp_path: Path) -> None:
    links = ShortLinks(DOMAIN, plugin_context(tmp_path))
    assert links.shorten(URL, message_id="m1", position=0) != links.shorten(URL + "2", message_id="m1", position=0)


def test_a_rude_code_is_drawn_again(tmp_path: Path) -> None:
    links = ShortLinks(DOMAIN, plugin_context(tmp_path))
    codes = [links.shorten(URL, message_id=str(n), position=0).rpartition("/")[2].lower() for n in range(20_000)]
    assert not [code for code in codes if "sex" in code or "ass" in code or "kkk" in code]
    assert len(set(codes)) > 19_990


def test_a_preview_is_never_a_real_code(tmp_path: Path) -> None:
    shown = ShortLinks(DOMAIN, plugin_context(tmp_path)).preview(URL).rpartition("/")[2]
    assert CODE.fullmatch(shown) is None


def test_previews_of_different_links_differ(tmp_path: Path) -> None:
    links = ShortLinks(DOMAIN, plugin_context(tmp_path, read_only=True))
    assert links.preview(URL) != links.preview(URL + "2")


def test_a_read_only_context_makes_no_links(tmp_path: Path) -> None:
    with pytest.raises(StateUnavailable):
        ShortLinks(DOMAIN, plugin_context(tmp_path, read_only=True)).shorten(URL, message_id="m1", position=0)


def test_the_key_is_its_owners_alone(tmp_path: Path) -> None:
    load_or_create(tmp_path / "state", os.urandom)
    assert stat.S_IMODE((tmp_path / "state" / FILE).stat().st_mode) == 0o600


def test_of_many_that_make_a_key_one_wins(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(lambda _: load_or_create(tmp_path, os.urandom), range(64)))
    assert len(keys) == 1
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


@pytest.mark.parametrize("text", ["", "00ff", "not hex", "ä" * 64], ids=["empty", "short", "words", "not-ascii"])
def test_a_damaged_key_is_an_error_and_stays_as_it_is(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text, "utf-8")
    with pytest.raises(StateUnavailable) as caught:
        load_or_create(tmp_path, os.urandom)
    assert caught.value.hint
    assert (tmp_path / FILE).read_text("utf-8") == text


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    with pytest.raises(StateUnavailable):
        load_or_create(tmp_path / "state", os.urandom)
