"""Whatever is edited, what was kept gives the findings and the objects that reading everything gives."""

from __future__ import annotations

import itertools
import logging
import os
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.compose.findings import all_findings
from engine.config.cache import Cache, cache_for
from engine.config.load import Loaded, load
from engine.config.snapshot import snapshot
from engine.contracts import PluginContext
from engine.plugins import Plugins
from engine.types import Finding

NOW = datetime(2026, 3, 1, tzinfo=UTC)
HERE = "config/workspaces/acme/"
MARKETING = "---\npurpose: marketing\nsender: support\n---\n"
LONG = "“Hi” " * 20  # of UCS-2, where quotation marks of GSM-7 would do
CHOICES: dict[str, list[str | None]] = {
    "config/engine.yaml": [
        "engine: 1\nplugins: [sandbox, phonenumbers, shortlinks, mms]\n",
        "engine: 1\nplugins: [sandbox, phonenumbers, shortlinks]\npublic_url: https://go.acme.example\n",
    ],
    f"{HERE}workspace.yaml": [
        "name: Acme Coffee\nbusiness: {country: US}\n",
        "name: Acme\nbusiness: {country: US}\nsmart_encoding: true\naudience: {countries: [US, CA]}\n",
        "name: Acme\nbusiness: {country: USA}\n",
    ],
    f"{HERE}senders.yaml": [
        'senders:\n  support: {number: "+14155550100", kind: long-code, mms: true}\n',
        'senders:\n  support: {number: "+14155550100", kind: long-code, countries: [CA]}\n',
        'senders:\n  other: {number: "+14155550100", kind: long-code}\n',
    ],
    f"{HERE}people.yaml": [
        'people:\n  ada: {first_name: Ada, phone: "+14155550123", nick: A}\n',
        'people:\n  ada: {first_name: Ada, phone: "+14155550123"}\n  bo: {phone: "+14155550124", nick: B}\n',
        'people:\n  grace: {first_name: Grace, phone: "+1415"}\n',
    ],
    f"{HERE}snippets/footer.liquid": ["Bye\n", "Bye {{ customer.nick }}\n", "{% render 'inner' %}", "{% if %}", None],
    f"{HERE}snippets/inner.liquid": ["☕\n", "{{ customer.last }}", None],
    f"{HERE}templates/plain.liquid": [f"{MARKETING}{LONG}\n", f"{MARKETING}Hi {{{{ customer.first_name }}}}\n", None],
    f"{HERE}templates/club/rich.liquid": [
        f"{MARKETING}Hi{{% render 'footer' %}}",
        f"{MARKETING}{{{{ customer.nick }}}} {{% render 'footer' %}}",
        "---\npurpose: reply\nsender: [support]\nsamples: [ada]\ntopic: news\n---\n“Hi” {{ 'now' | date: '%s' }}",
        '---\npurpose: reply\nsender: support\nmedia: ["https://cdn.acme.example/a.txt"]\n---\nx',
        "---\npurpose: reply\nsender: supprt\n---\nx",
    ],
    f"{HERE}templates/club/rich.es.liquid": ["¡Hola! ñ\n", "---\nto: '{{ customer.tel }}'\n---\nHola", None],
}
EDITS = st.lists(
    st.sampled_from([(file, text) for file, texts in CHOICES.items() for text in texts]), min_size=1, max_size=6
)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Gives one empty folder after another."""
    base = tmp_path_factory.mktemp("kept")
    return (base / str(number) for number in itertools.count())


def plugin_context(folder: Path, now: datetime, _name: str) -> PluginContext:
    return PluginContext(
        clock=lambda: now,
        logger=logging.getLogger("test"),
        state_folder=folder / "state",
        secret=str,
        random=bytes,
        read_only=True,
    )


def look(folder: Path, *, cached: bool, now: datetime = NOW) -> tuple[Loaded, list[Finding]]:
    """Gives the config with every finding; what was kept is used and renewed where `cached`."""
    config = folder / "config"

    def cache(plugins: Plugins) -> Cache | None:
        variables = {"ENGINE_CACHE": str(folder / "cache") if cached else ""}
        return cache_for(plugins, config=config, environment=None, variables=variables)

    loaded = load(config, environment=None, variables={}, cache_of=cache)
    found = all_findings(loaded, partial(plugin_context, folder, now))
    if loaded.cache is not None:
        loaded.cache.save(now)
    return loaded, found


def write(folder: Path, file: str, text: str | None) -> None:
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    if text is None:
        path.unlink(missing_ok=True)
    else:
        path.write_text(text, encoding="utf-8")


def start(folder: Path) -> None:
    for file, texts in CHOICES.items():
        write(folder, file, texts[0])


def same(folder: Path) -> None:
    """Checks that looking with what was kept gives what looking without gives."""
    (kept, found), (read, expected) = look(folder, cached=True), look(folder, cached=False)
    assert found == expected
    assert (kept.project is None) == (read.project is None)
    if kept.project is not None and read.project is not None:
        assert snapshot(kept.project) == snapshot(read.project)
        assert kept.project == read.project
    assert dict(kept.sources) == dict(read.sources)


@given(edits=EDITS)
@settings(deadline=None, max_examples=12)
def test_what_was_kept_is_what_is_there(folders: Any, edits: list[tuple[str, str | None]]) -> None:
    folder = next(folders)
    start(folder)
    same(folder)
    for file, text in edits:
        write(folder, file, text)
        same(folder)


@pytest.mark.parametrize("file", CHOICES)
def test_each_edit_alone_is_seen(folders: Any, file: str) -> None:
    folder = next(folders)
    start(folder)
    same(folder)
    for text in [*CHOICES[file][1:], CHOICES[file][0]]:
        write(folder, file, text)
        same(folder)


def test_a_snippet_that_another_renders_is_missed(folders: Any) -> None:
    folder = next(folders)
    start(folder)
    write(folder, f"{HERE}snippets/footer.liquid", "{% render 'inner' %}")
    same(folder)
    write(folder, f"{HERE}snippets/inner.liquid", None)
    same(folder)
    assert "template.unknown-snippet" in {finding.code for finding in look(folder, cached=True)[1]}


def test_nothing_is_read_twice(folders: Any) -> None:
    folder = next(folders)
    start(folder)
    look(folder, cached=True)
    (file,) = (folder / "cache").iterdir()
    before = file.stat().st_ino
    loaded, _ = look(folder, cached=True)
    assert file.stat().st_ino == before
    assert loaded.project is not None
    templates = loaded.project.workspaces["acme"].templates
    assert {name for name in templates if templates.key(name)} == {"plain", "club/rich"}


def test_a_template_that_asks_the_time_is_looked_at_every_time(folders: Any) -> None:
    folder = next(folders)
    start(folder)
    midnight = "{% assign hour = 'now' | date: '%H' %}{% if hour == '00' %}"
    late = f"Hi{midnight}{{% for n in (1..200) %}}long {{% endfor %}}{{% endif %}}"
    write(folder, f"{HERE}templates/plain.liquid", f"---\nmax_segments: 1\n{MARKETING[4:]}{late}")
    for hour, codes in ((12, []), (0, ["template.too-long"]), (13, [])):
        _, found = look(folder, cached=True, now=NOW.replace(hour=hour))
        assert [finding.code for finding in found] == codes


def test_an_edit_that_neither_size_nor_time_shows_is_seen(folders: Any) -> None:
    folder = next(folders)
    start(folder)
    look(folder, cached=True)
    path = folder / f"{HERE}templates/plain.liquid"
    about = path.stat()
    path.write_text(f"{MARKETING}Ho\n", encoding="utf-8")
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))
    loaded, _ = look(folder, cached=True)
    assert loaded.project is not None
    assert loaded.project.workspaces["acme"].templates["plain"].body == "Ho"
