"""Which files a config has; what is said of files that mean nothing, are missing, or cannot be read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from config_folder import Config, place

from engine.config.load import load, load_engine
from engine.errors import ConfigError, UsageError


def test_a_good_config_has_nothing_wrong_with_it(config: Config) -> None:
    loaded = config.load()
    assert loaded.findings == ()
    workspace = loaded.require().workspaces["acme"]
    assert (list(workspace.senders), list(workspace.templates)) == (["support"], ["club/welcome"])
    assert loaded.folder == config.folder


def test_no_folder_is_a_config_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        load(tmp_path / "config", environment=None, variables={})
    (tmp_path / "config").write_text("")
    with pytest.raises(ConfigError):
        load_engine(tmp_path / "config", environment=None, variables={})


def test_an_empty_folder_misses_engine_yaml(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    loaded = load(tmp_path / "config", environment=None, variables={})
    assert [(f.code, f.file, f.line) for f in loaded.findings] == [("config.missing", "config/engine.yaml", 1)]
    with pytest.raises(ConfigError) as caught:
        loaded.require()
    assert caught.value.findings == loaded.findings


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "---\n"])
def test_an_empty_workspace_misses_what_is_required(config: Config, text: str) -> None:
    file = config.write("workspace.yaml", text)
    assert [(f.code, f.file, f.line) for f in config.findings()] == [("config.missing", file, 1)] * 2


def test_files_that_are_not_there_are_empty(config: Config) -> None:
    for name in ("senders.yaml", "people.yaml", "templates/club/welcome.liquid"):
        (config.folder / "config/workspaces/acme" / name).unlink()
    workspace = config.load().require().workspaces["acme"]
    assert (workspace.senders, workspace.people, workspace.keywords) == ({}, {}, {})


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("config/notes.txt", "config.unknown-file"),
        ("config/engine.yml", "config.unknown-file"),
        ("config/workspaces/README.md", "config.unknown-file"),
        ("config/environments/staging.json", "config.unknown-file"),
        ("sender.yaml", "config.unknown-file"),
        ("templates/welcome.txt", "config.unknown-file"),
        ("snippets/deep/footer.liquid", "config.unknown-file"),  # snippets are flat
        ("tests/deep/a.yaml", "config.unknown-file"),
        ("templates/Welcome.liquid", "config.name"),
        ("templates/club/-x.liquid", "config.name"),
        ("templates/Club/x.liquid", "config.name"),
        ("templates/welcome.spanish.liquid", "config.name"),
        ("snippets/footer.es.liquid", "config.name"),
        ("config/workspaces/Big Corp/workspace.yaml", "config.name"),
        ("templates/hello.es.liquid", "template.no-base"),
    ],
)
def test_a_file_in_a_place_that_means_nothing_is_an_error(config: Config, name: str, code: str) -> None:
    config.write(name, "")
    (finding,) = [f for f in config.findings() if f.code == code]
    assert finding.file is not None
    assert (finding.file + "/").startswith("config/")
    assert finding.line is None


@pytest.mark.parametrize("name", ["config/.DS_Store", ".gitkeep", "senders.yaml~", "templates/.welcome.liquid.swp"])
def test_what_editors_leave_behind_is_no_part_of_it(config: Config, name: str) -> None:
    config.write(name, "\x00")
    assert config.findings() == []


def test_a_name_that_is_no_utf_8_can_still_be_printed(config: Config) -> None:
    Path(os.fsdecode(os.fsencode(config.folder / "config") + b"/\xff.yaml")).write_text("")
    assert config.only().file == "config/?.yaml"


def test_links_stay_inside(config: Config, tmp_path: Path) -> None:
    outside = tmp_path / "people.yaml"
    outside.write_text("people: {}\n")
    folder = config.folder / "config/workspaces/acme"
    (folder / "people.yaml").unlink()
    (folder / "people.yaml").symlink_to(outside)
    (folder / "templates/again.liquid").symlink_to("club/welcome.liquid")
    (folder / "templates/loop").symlink_to("../templates")
    findings = config.findings()
    assert ("config.link", "config/workspaces/acme/people.yaml") in [(f.code, f.file) for f in findings]
    assert {f.code for f in findings} <= {"config.link", "config.unknown-file"}


def test_something_that_is_no_file_is_an_error(config: Config) -> None:
    os.mkfifo(config.folder / "config/workspaces/acme/people.yml")
    assert config.codes() == ["config.unknown-file"]


def test_a_large_file_is_not_read(config: Config) -> None:
    file = config.write("people.yaml", "#" * (1 << 20) + "\n")
    assert [(f.code, f.file) for f in config.findings()] == [("yaml.too-large", file)]
    config.write("people.yaml", "#" * ((1 << 20) - 1) + "\n")
    assert config.findings() == []


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (b"people:\n  \xc3\xa9: {a: \xff}\n", (2, 10, 2, 11)),
        ("people: {}\n".encode("utf-16"), (1, 1, 1, 2)),
        (b"people: {}\n# caf\xe9\n", (2, 6, 2, 7)),
    ],
)
def test_another_encoding_is_marked_at_its_first_byte(config: Config, data: bytes, where: tuple[int, ...]) -> None:
    config.write("people.yaml", data)
    (finding,) = [f for f in config.findings() if f.code == "yaml.encoding"]
    assert place(finding) == where


def test_byte_order_marks_and_windows_line_ends_are_read(config: Config) -> None:
    config.write("templates/club/welcome.liquid", "\ufeff---\r\npurpose: reply\r\nsender: support\r\n---\r\nA\r\nB\r\n")
    config.write("people.yaml", b"\xef\xbb\xbfpeople:\r\n  ada: {age: 007}\r\n")
    loaded = config.load()
    assert [(f.code, f.line, f.column) for f in loaded.findings] == [("yaml.unquoted-number", 2, 14)]
    assert loaded.project is not None
    assert loaded.project.workspaces["acme"].templates["club/welcome"].body == "A\nB"


def test_one_broken_file_hides_nothing_of_the_others(config: Config) -> None:
    config.write("people.yaml", "people: [\n")
    config.write("workspace.yaml", "name: [\n")
    config.write("senders.yaml", "senders:\n  support: {number: 1}\n")
    config.write("keywords.yaml", "keywords: {a: {words: [A], match: exakt}}\n")
    config.write("templates/x.liquid", "---\npurpose: nothing\nsender: support\n---\nx\n")
    config.write("config/environments/staging.yaml", "engin: {}\n")
    assert config.codes() == [
        "config.missing",
        "config.type",
        "config.unknown-key",
        "config.value",
        "config.value",
        "yaml.syntax",
        "yaml.syntax",
    ]


def test_an_unknown_environment_is_a_usage_error(config: Config) -> None:
    config.write("config/environments/staging.yaml", "engine: {}\n")
    with pytest.raises(UsageError) as caught:
        config.load("stagin")
    assert "staging" in caught.value.hint
