"""`engine test`: what it prints, what it writes, and what it ends with."""

from __future__ import annotations

import json
from contextlib import chdir
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner
from talk import WORKSPACE, Talk

from engine.cli.app import cli

GOOD = '- name: joins\n  person: ada\n  steps:\n    - {receive: {text: join}, expect: {replies: ["Hi Ada: …"]}}\n'
BAD = """\
- name: "echoes <&>\\a"
  person: ada
  steps:
    - {receive: {text: echo}, expect: {rule: join, replies: ["You said: echo"]}}
    - {receive: {text: stop}, expect: {consent: unknown}}
"""


def engine(folder: Path, *words: str, code: int = 0) -> str:
    """Runs the command in this process; gives its standard output, and of what was refused its standard error."""
    with chdir(folder):
        done = CliRunner().invoke(cli, words)
    assert done.exit_code == code, done.output
    return done.stderr if code in (3, 64) else done.stdout


@pytest.fixture
def tested(talk: Talk) -> Talk:
    talk.write(f"{WORKSPACE}tests/good.yaml", GOOD)
    talk.write(f"{WORKSPACE}tests/bad.yaml", BAD)
    return talk


def test_a_failure_is_told_with_its_place_and_the_words_that_differ(tested: Talk) -> None:
    assert engine(tested.folder, "test", code=4).splitlines()[:-1] == [
        f"{WORKSPACE}tests/bad.yaml: 0 passed, 1 failed",
        f"{WORKSPACE}tests/good.yaml: 1 passed",
        f"FAILED {WORKSPACE}tests/bad.yaml:1: echoes <&>␇",
        "  step 1 of 2: receive 'echo'",
        f"    rule  {WORKSPACE}tests/bad.yaml:4",
        "      expected  join",
        "      came      echo",
        f"    replies.0  {WORKSPACE}tests/bad.yaml:4",
        "      expected  You said: echo",
        "      came      You said  echo",
        "                        ^",
        "  step 2 of 2: receive 'stop'",
        f"    consent  {WORKSPACE}tests/bad.yaml:5",
        "      expected  unknown",
        "      came      stopped",
    ]


def test_json(tested: Talk) -> None:
    document = json.loads(engine(tested.folder, "test", "--coverage", "--format", "json", code=4))
    assert [document[key] for key in ("version", "passed", "failed")] == [1, 1, 1]
    bad, good = document["tests"]
    assert (good["name"], good["passed"], good["failures"], good["steps"]) == ("joins", True, [], 1)
    assert bad["failures"][1] == {
        "step": 1,
        "what": "replies.0",
        "expected": "You said: echo",
        "actual": "You said echo",
        "file": f"{WORKSPACE}tests/bad.yaml",
        "line": 4,
    }
    coverage = document["coverage"]
    assert coverage["rules"] == {"shown": 3, "total": 6}
    assert {"kind": "rule", "workspace": "acme", "name": "broken", "file": f"{WORKSPACE}keywords.yaml", "line": 4} in (
        coverage["missing"]
    )
    assert coverage["minimum"] is None


def test_junit(tested: Talk, tmp_path: Path) -> None:
    engine(tested.folder, "test", "--junit", "results.xml", code=4)
    root = ET.parse(tmp_path / "results.xml").getroot()
    assert (root.tag, root.get("tests"), root.get("failures")) == ("testsuites", "2", "1")
    bad, good = root.iter("testcase")
    assert (bad.get("name"), bad.get("classname"), bad.get("line")) == ("echoes <&>\ufffd", "acme.bad", "1")
    (failure,) = bad
    assert "step 1" in (failure.get("message") or "")
    assert "You said: echo" in (failure.text or "")
    assert list(good) == []


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["-k", "JOIN"], ["joins"]),
        ([f"{WORKSPACE}tests/good.yaml"], ["joins"]),
        ([WORKSPACE, "-k", "s"], ["echoes <&>\x07", "joins"]),
        (["config/workspaces/other/.."], ["echoes <&>\x07", "joins"]),
    ],
)
def test_some_of_them(tested: Talk, words: list[str], names: list[str]) -> None:
    (tested.folder / "config/workspaces/other").mkdir(exist_ok=True)
    tested.write("config/workspaces/other/workspace.yaml", "name: Other\nbusiness: {country: US}\n")
    code = 0 if names == ["joins"] else 4
    document = json.loads(engine(tested.folder, "test", *words, "--format", "json", code=code))
    assert [test["name"] for test in document["tests"]] == names


@pytest.mark.parametrize("words", [["-k", "nothing like it"], ["nowhere"], ["--junit", "no/folder/x.xml"]])
def test_what_cannot_be_meant(talk: Talk, words: list[str]) -> None:
    talk.write(f"{WORKSPACE}tests/good.yaml", GOOD)
    engine(talk.folder, "test", *words, code=64)


def test_an_invalid_config(tested: Talk) -> None:
    tested.write(f"{WORKSPACE}tests/good.yaml", GOOD.replace("join}", "join, to: mian}"))
    assert f"{WORKSPACE}tests/good.yaml:4:34: error: there is no sender 'mian'" in engine(tested.folder, "test", code=3)


def test_too_little_coverage(talk: Talk) -> None:
    talk.write(f"{WORKSPACE}tests/good.yaml", GOOD)
    out = engine(talk.folder, "test", "--coverage-min", "90", code=4)
    assert "  acme: rules 1/6, replies 1/6, branches 0/2" in out
    assert f"  {WORKSPACE}keywords.yaml:3: rule never shown: echo" in out
    assert f"  {WORKSPACE}templates/news.liquid:5: branch never shown: news: else" in out
    engine(talk.folder, "test", "--coverage-min", "10")


def test_no_tests_are_no_failure(talk: Talk) -> None:
    assert "no tests" in engine(talk.folder, "test")


def test_the_starter_passes(tmp_path: Path) -> None:
    engine(tmp_path, "init", "shop")
    engine(tmp_path, "--config", "shop/config", "test", "--coverage-min", "100")


@pytest.mark.parametrize("environment", [None, "production"])
def test_every_rule_reply_and_branch_of_the_example_is_shown(environment: str | None) -> None:
    """Also as in production, without its variables. Staging knows no quiet hours, of which one test is."""
    options = ["--env", environment] if environment else []
    engine(Path(__file__).parent.parent.parent, *options, "test", "--coverage-min", "100")
