"""What a conversation goes through, step by step."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from talk import WORKSPACE, Talk, failures

from engine.errors import ConfigError
from engine.plugins import Plugins
from engine.testing.conversations.suite import Suite
from engine.types import Event

NIGHT = "person: ada\n  consent: subscribed\n  at: 2026-03-03T05:00:00Z"  # nine in the evening in San Francisco
HELLO = "Hi Ada: https://go.acme.example/…"


def step(do: str, **expect: str) -> str:
    wanted = ", ".join(f"{name}: {value}" for name, value in expect.items())
    return f"{{{do}, expect: {{{wanted}}}}}" if wanted else f"{{{do}}}"


def test_everything_that_can_be_expected_of_an_answer(talk: Talk) -> None:
    result = talk.play(
        step(
            "receive: {text: join now}",
            rule="join",
            replies=f'["{HELLO}"]',
            person="{club: true, points: 1, first_name: Ada, city: null}",
            events="[joined]",
            consent="subscribed",
            state="accepted",
            reason="null",
        )
    )
    assert result.passed, failures(result)
    assert (result.workspace, result.name, result.place.file, result.place.line) == (
        "acme",
        "one",
        f"{WORKSPACE}tests/one.yaml",
        1,
    )


def test_everything_that_failed_is_told_with_its_line(talk: Talk) -> None:
    result = talk.play(
        "\n".join(
            [
                step("receive: {text: join}", rule="echo", replies='["Bye…"]', person="{club: false}", events="[]"),
                step("receive: {text: stop}", consent="subscribed"),
                step("send: {template: welcome}", state="accepted", reason="null", replies='["Hi…"]'),
                step("wait: 1h", replies='["late"]'),
            ]
        )
    )
    link = next(actual for _, what, _, actual, _ in failures(result) if what == "replies.0")
    assert link.startswith("Hi Ada: https://go.acme.example/")
    assert failures(result) == [
        (1, "rule", "echo", "join", 4),
        (1, "replies.0", "Bye…", link, 4),
        (1, "person.club", "false", "true", 4),
        (1, "events", "[]", '["joined"]', 4),
        (2, "consent", "subscribed", "stopped", 5),
        (3, "replies.0", "Hi…", "no text: the message is suppressed, consent.stopped", 6),
        (3, "state", "accepted", "suppressed", 6),
        (3, "reason", "none", "consent.stopped", 6),
        (4, "replies.0", "late", "no text: the message is suppressed, consent.stopped", 7),
    ]


@pytest.mark.parametrize(
    ("expected", "wrong"),
    [
        ("[]", ["replies"]),
        ("[a]", ["replies.0"]),
        (f'["{HELLO}", b]', ["replies.1"]),
        (f'[a, "{HELLO}"]', ["replies.0"]),  # the one that came is not taken for the one that did not
        (f'["{HELLO}"]', []),
    ],
)
def test_a_missing_text_does_not_make_the_others_wrong(talk: Talk, expected: str, wrong: list[str]) -> None:
    found = failures(talk.play(step("receive: {text: join}", replies=expected)))
    assert [what for _, what, *_ in found] == wrong


def test_waiting_delivers_what_falls_due_at_its_moment(talk: Talk) -> None:
    result = talk.play(
        "\n".join(
            [
                step("send: {template: news}", replies="[]", state="queued", reason="quiet-hours.waits"),
                step("wait: 10h", replies="[]", state="queued"),
                step("wait: 59m", replies="[]"),
                step("wait: 2d", replies="[Hello]", state="accepted", reason="null"),
            ]
        ),
        NIGHT,
    )
    assert result.passed, failures(result)


def test_an_answer_comes_at_night(talk: Talk) -> None:
    result = talk.play(step("receive: {text: join}", replies=f'["{HELLO}"]'), NIGHT)
    assert result.passed, failures(result)


def test_limits_hold_over_the_whole_conversation(talk: Talk) -> None:
    path = talk.folder / f"{WORKSPACE}workspace.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "limits: {per_person: 2/24h}\n", encoding="utf-8")
    send = "send: {template: welcome}"
    steps = [step(send), step(send), step(send, state="queued", reason="limits.per-person", replies="[]")]
    result = talk.play("\n".join([*steps, step("wait: 1d", replies=f'["{HELLO}"]', state="accepted")]))
    assert result.passed, failures(result)


def test_a_text_arrives_at_the_last_sender_in_use(talk: Talk) -> None:
    result = talk.play(
        "\n".join(
            [
                step("receive: {text: echo 1}", rule="echo"),  # the first that can receive
                step("receive: {text: echo 2, to: second}", rule="null"),
                step("receive: {text: echo 3}", rule="null"),
                step("receive: {text: echo 4, to: main}", rule="echo"),
            ]
        )
    )
    assert result.passed, failures(result)


def test_somebody_unknown_writes(talk: Talk) -> None:
    steps = [
        step("receive: {text: hello}"),  # from nowhere
        step('receive: {text: stop, from: "(415) 555-0199"}', rule="consent.stop", person="{club: null}"),
        step("receive: {text: start}", consent="subscribed"),
        step('receive: {text: stop, from: "+14155550198"}', rule="consent.stop", consent="subscribed"),
        step("receive: {text: join, from: nobody}"),
    ]
    result = talk.play("\n".join(steps), "person: {}")
    assert [(number, what) for number, what, *_ in failures(result)] == [(1, "step"), (5, "step")]


def test_a_message_that_cannot_be_composed_is_a_state_and_no_crash(talk: Talk) -> None:
    result = talk.play(
        step("receive: {text: broken}", rule="broken", replies="[]", state="failed", reason="template.missing-value")
    )
    assert result.passed, failures(result)


@pytest.mark.parametrize(
    ("head", "what"),
    [
        ('person: {phone: "12"}', "person"),
        ("person: {phone: 5}", "person"),
        ("person: {id: '  '}", "person"),
        ("person: {first_name: Ada}", "step"),  # nobody can write without a number
        ("person: {id: 7}", "step"),
    ],
)
def test_a_person_that_cannot_be(talk: Talk, head: str, what: str) -> None:
    found = failures(talk.play("{receive: {text: join}, expect: {rule: join}}", head))
    assert found[0][1] == what


def test_the_next_test_finds_nothing_of_this_one(talk: Talk) -> None:
    suite = talk.suite(step("receive: {text: join}", person="{club: true}", consent="subscribed"))
    (case,) = suite.cases
    first, second = suite.run(case), suite.run(case)
    assert first.passed
    assert second.passed
    other = talk.suite(step("receive: {text: echo}", person="{club: null}", consent="unknown"))
    assert other.run(other.cases[0]).passed


def test_ids_and_links_are_the_same_in_every_run(talk: Talk) -> None:
    steps = "\n".join([step("receive: {text: join}", replies="[x]"), step("receive: {text: join}", replies="[x]")])
    first, second = failures(talk.play(steps)), failures(talk.play(steps))
    texts = [actual for _, what, _, actual, _ in first if what == "replies.0"]
    assert first == second
    assert len(set(texts)) == 2  # each message has links of its own


def test_nothing_is_live(
    talk: Talk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """No state, no provider (its secrets are not even set), no plugin that is told, no variable that is read."""
    told: list[Event] = []
    monkeypatch.setattr(Plugins, "observe", lambda self, event: told.append(event))
    monkeypatch.setenv("ENGINE_STATE", "sqlite:////nowhere/at/all.db")
    talk.write(
        "config/engine.yaml",
        "engine: 1\nstate: ${ENGINE_STATE:-sqlite:///a.db}\nplugins: [twilio, phonenumbers, shortlinks]\n",
    )
    with caplog.at_level(logging.WARNING):
        assert talk.play(step("receive: {text: join}", events="[joined]")).passed
    assert told == []
    assert caplog.records == []
    assert [path.name for path in tmp_path.iterdir()] == ["config"]


def test_the_engine_answers_stop_whoever_does_so_at_the_provider(talk: Talk) -> None:
    talk.write(f"{WORKSPACE}keywords.yaml", "consent: {replies_by: provider}\n")
    result = talk.play(step("receive: {text: stop}", replies='["You won\'t get any more messages from Acme.…"]'))
    assert result.passed, failures(result)


def test_consent_by_sender(talk: Talk) -> None:
    talk.write(f"{WORKSPACE}keywords.yaml", "consent: {scope: sender}\n")
    result = talk.play(
        "\n".join(
            [
                step("receive: {text: stop, to: second}", consent="stopped"),
                step("receive: {text: hello, to: main}", consent="unknown"),
                step("send: {template: welcome}", state="accepted"),
            ]
        )
    )
    assert result.passed, failures(result)


def test_topics_delays_webhooks_and_reviews(talk: Talk) -> None:
    path = talk.folder / f"{WORKSPACE}workspace.yaml"
    hook = 'webhooks: {crm: {url: https://crm.example/texts, secret: "${CRM_SECRET}"}}\n'
    path.write_text(path.read_text(encoding="utf-8") + hook, encoding="utf-8")
    talk.write(
        f"{WORKSPACE}keywords.yaml",
        """\
topics:
  deals: {name: deals, double_opt_in: true}
  tips: {name: tips}
keywords:
  deals: {words: [DEALS], reply: welcome, subscribe: deals}
  tips: {words: [TIPS], subscribe: tips, start: {template: echo, after: 2h}, call: crm}
""",
    )
    steps = [
        step(
            "receive: {text: deals}",
            rule="deals",
            replies='["Reply YES to get deals from Acme.…"]',
            topics="{deals: pending, tips: unknown}",
            webhooks="[]",
        ),
        step("receive: {text: yes}", rule="consent.confirm", replies=f'["{HELLO}"]', topics="{deals: subscribed}"),
        step("receive: {text: tips}", topics="{tips: subscribed}", webhooks="[crm]", replies="[]", state="queued"),
        step("wait: 1h", replies="[]", webhooks="[]"),
        step("wait: 1h", replies='["You said tips"]', state="accepted"),
        step("receive: {text: should I stop}", review="true", consent="unknown"),
        step("receive: {text: stop}", review="false", topics="{deals: pending}"),
    ]
    suite = talk.suite("\n".join(steps))
    result = suite.run(suite.cases[0])
    assert [(number, what, expected) for number, what, expected, *_ in failures(result)] == [
        (7, "topics.deals", "pending")
    ]
    items = {(item.kind, item.name): item.shown for item in suite.coverage(["acme"]).items}
    assert {name: shown for (kind, name), shown in items.items() if kind == "reply"} == {
        "deals: engine/confirm": True,
        "consent.confirm: welcome": True,
        "tips: echo": True,
        "consent.stop: engine/stopped": True,
        "consent.start: engine/resumed": False,
        "consent.help: engine/help": False,
    }
    assert items["rule", "consent.confirm"]


def test_where_links_lead_and_which_images_come(talk: Talk) -> None:
    talk.write(
        f"{WORKSPACE}templates/echo.liquid",
        "---\npurpose: reply\nsender: main\nmedia: [https://cdn.acme.example/a.png]\n---\n"
        "https://acme.example/a https://acme.example/b\n",
    )
    talk.write("config/engine.yaml", "engine: 1\nplugins: [twilio, phonenumbers, shortlinks, mms]\n")
    expected = {"links": '["https://acme.example/a", "…/b"]', "media": "[…/a.png]"}
    assert talk.play(step("receive: {text: echo}", **expected)).passed
    wrong = failures(talk.play(step("receive: {text: echo}", links='["…/b"]', media="[]")))
    assert [what for _, what, *_ in wrong] == ["links", "media"]


def test_a_config_with_errors_is_not_played(talk: Talk) -> None:
    talk.write(f"{WORKSPACE}templates/news.liquid", "---\npurpose: marketing\nsender: main\n---\n{{ customer.nme }}\n")
    with pytest.raises(ConfigError) as caught:
        Suite.open(talk.folder / "config")
    assert [finding.code for finding in caught.value.findings] == ["template.unknown-variable"]
