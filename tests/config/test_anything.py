"""Whatever stands in the files, loading gives findings and raises nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from config_folder import FILES, WORKSPACE, Config
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from engine.config.fmt import SHAPES, NotFormatted, format_liquid, format_yaml
from engine.config.snapshot import snapshot
from engine.config.text import Report
from engine.config.yamlfile import Document

ROOT = Path(__file__).parent.parent.parent
MORE = {
    f"{WORKSPACE}keywords.yaml": "keywords:\n  join: {words: [JOIN], reply: club/welcome}\nconsent: {scope: sender}\n",
    f"{WORKSPACE}tests/a.yaml": "- name: x\n  steps:\n    - receive: {text: hi}\n      expect: {replies: [x]}\n",
    f"{WORKSPACE}templates/club/welcome.es.liquid": "---\nto: '{{ customer.tel }}'\n---\nHola\n",
    "config/environments/staging.yaml": "workspaces: {acme: {links: {domain: https://a.example}}}\n",
}
ALL = {**FILES, **MORE}
# What most often goes wrong in YAML, rather than noise that no parser gets past.
PIECES = st.sampled_from(
    ["\t", "\n", ": ", "- ", "{", "}", "[", "]", "'", '"', "#", "&a", "*a", "!", "|", ">", "---\n", "? ", "${A}", "@",
     "\x00", "\u2028", "😀", "null", "0123", "+1", ".nan", "~", "<<: ", "%", ",", "[[[[[[", "\r", "\ufeff"]
)  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn, text: str) -> bytes:
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 8)))
        text = text[:start] + draw(PIECES) + text[end:]
    data = text.encode()
    return data[: draw(st.integers(0, len(data)))] if draw(st.booleans()) else data


def _positions_are_sound(config: Config) -> None:
    for environment in (None, "staging"):
        loaded = config.load(environment)
        for finding in loaded.findings:
            assert finding.file
            if finding.line is not None:
                assert finding.line >= 1
                assert finding.column is None or finding.column >= 1
                ends = (finding.end_line or finding.line, finding.end_column or finding.column or 1)
                assert ends >= (finding.line, finding.column or 1)
        for address in loaded.sources:
            assert loaded.sources[address].line >= 1
        if loaded.project is not None:
            snapshot(loaded.project)


@pytest.mark.parametrize("name", sorted(ALL))
@given(data=st.data())
@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_mutated_file_gives_findings(config: Config, name: str, data: st.DataObject) -> None:
    for path, text in ALL.items():
        config.write(path, text)
    config.write(name, data.draw(mutated(ALL[name])))
    _positions_are_sound(config)


@pytest.mark.parametrize("name", sorted(ALL))
@given(data=st.binary(max_size=60))
@example(b"- 1\n")
@example(b"a\n")
@example(b"{}: {}\n")
@example(b"? {a: b}\n: c\n")
@settings(deadline=None, max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_give_findings(config: Config, name: str, data: bytes) -> None:
    for path, text in ALL.items():
        config.write(path, text)
    config.write(name, data)
    _positions_are_sound(config)


@given(st.text(max_size=80))
@settings(deadline=None)
def test_any_text_is_read_or_refused(text: str) -> None:
    report = Report()
    Document(text, "f", report)
    assert all(finding.file == "f" for finding in report.findings)


@given(st.data())
@settings(deadline=None, max_examples=60)
def test_the_formatter_takes_anything(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(sorted(SHAPES)))
    text = data.draw(mutated(ALL[data.draw(st.sampled_from(sorted(ALL)))])).decode(errors="replace")
    try:
        made = format_yaml(text, kind)
    except NotFormatted:
        pass
    else:
        assert format_yaml(made, kind) == made
    try:
        made = format_liquid(text)
    except NotFormatted:
        return
    assert format_liquid(made) == made


@pytest.mark.parametrize("path", sorted(ROOT.glob("config/workspaces/*/*.yaml")), ids=lambda path: path.stem)
def test_the_example_keeps_its_meaning(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    made = format_yaml(text, path.stem)
    assert Document(made, "", Report()).data == Document(text, "", Report()).data
