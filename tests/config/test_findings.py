"""Each check of the config has its code, at the value that is wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from config_folder import Config, place

from engine.config import explain
from engine.config.codes import CODES

SENDER = 'senders:\n  support: {number: "+14155550100", kind: long-code}\n'
HOOKS = 'senders:\n  support: {number: "+14155550100", kind: long-code, webhooks: '
W = "name: A\nbusiness: {country: US}\n"
E = "engine: 1\nplugins: [sandbox, phonenumbers]\n"
T = "---\npurpose: reply\nsender: support\n"
TRAP = "yaml.unquoted-number"
IDENTITY = "sender.identity"
EXPECT = "- {name: x, steps: [{wait: 1h, expect: "
TEST = "- {name: x, steps: [{wait: 1h}]}\n"
RULES = SENDER + "  brand: {number: '67076', kind: short-code}\n  acme: {alphanumeric: ACME}\n"

CASES = [
    # (file, text, code, line, column, end column)
    ("senders.yaml", "senders:\n  support:\n    number: +14155550100\n    kind: long-code\n", TRAP, 3, 13, 25),
    ("senders.yaml", "senders:\n  support: {number: 67076, kind: short-code}\n", "config.type", 2, 21, 26),
    ("senders.yaml", f"{SENDER}  x: {{alphanumeric: 12}}\n", "config.type", 3, 21, 23),
    ("senders.yaml", f"{SENDER}  x: {{alphanumeric: ACME, colour: red}}\n", "config.unknown-key", 3, 27, 33),
    ("senders.yaml", f"{SENDER}  x: {{alphanumeric: ACME, mms: yes}}\n", "config.type", 3, 32, 35),
    ("senders.yaml", f"{SENDER}  x: {{alphanumeric: ACME, rate: 5}}\n", "config.value", 3, 33, 34),
    ("senders.yaml", f"{SENDER}  x: {{alphanumeric: ACME, countries: [US, UK]}}\n", "config.country", 3, 43, 45),
    ("senders.yaml", f"{SENDER}  x: {{alphanumeric: ACME, countries: us}}\n", "config.type", 3, 38, 40),
    ("senders.yaml", f"{SENDER}  x: {{alphanumeric: ACME, mms: true}}\n", "sender.mms", 3, 32, 36),
    ("senders.yaml", f"{SENDER}  x: {{alphanumeric: ACME, kind: long-code}}\n", "sender.kind", 3, 33, 42),
    ("senders.yaml", f"{SENDER}  x: {{alphanumeric: ACM, webhooks: {{status: none}}}}\n", "sender.webhooks", 3, 36, 50),
    ("senders.yaml", f"{HOOKS}{{inbound: here}}}}\n", "config.value", 2, 74, 78),
    ("senders.yaml", f"{HOOKS}{{inbound: 'http://a.example/sms'}}}}\n", "config.url", 2, 74, 96),
    ("senders.yaml", f"{HOOKS}{{status: 'https://ann@a.example/sms'}}}}\n", "sender.webhooks", 2, 73, 100),
    ("senders.yaml", f'{SENDER}  x: {{number: "+14155550101"}}\n', "config.missing", 3, 3, 4),
    ("senders.yaml", f'{SENDER}  x: {{number: "67076", kind: toll-free}}\n', "sender.kind", 3, 30, 39),
    ("senders.yaml", f'{SENDER}  x: {{number: "+14155550101", kind: short-code}}\n', "sender.kind", 3, 37, 47),
    ("senders.yaml", f'{SENDER}  x: {{number: "+14155550100", kind: long-code}}\n', "sender.duplicate", 3, 15, 29),
    ("senders.yaml", f'{SENDER}  x: {{number: "67076", kind: short-code, alphanumeric: A}}\n', IDENTITY, 3, 42, 54),
    ("senders.yaml", f"{SENDER}  x: {{}}\n", "sender.identity", 3, 3, 4),
    ("senders.yaml", f"{SENDER}  x:\n", "config.type", 3, 3, 4),  # what has no width is marked at its key
    ("senders.yaml", f"{SENDER}  Big One: {{alphanumeric: A}}\n", "config.name", 3, 3, 10),
    ("senders.yaml", f"{SENDER}  x: {{alphanumeric: '${{NAME}}'}}\n", "config.variable-here", 3, 21, 30),
    ("senders.yaml", f"{SENDER}sendrs: {{}}\n", "config.unknown-key", 3, 1, 7),
    ("people.yaml", "people:\n  ada: Ada\n", "config.type", 2, 8, 11),
    ("people.yaml", "people:\n- ada\n", "config.type", 2, 1, 6),
    ("people.yaml", "people:\n  ada: {first_name: Ada}\n  ada: {}\n", "yaml.duplicate-key", 3, 3, 6),
    ("workspace.yaml", W + "sending:\n  on_doubt: ask\n", "config.value", 4, 13, 16),
    ("workspace.yaml", "name: A\nbusiness: {country: UK}\n", "config.country", 2, 21, 23),
    ("workspace.yaml", "name: A\nbusiness: {website: https://a.example}\n", "config.missing", 2, 1, 9),
    ("workspace.yaml", "name: A\nbusiness: {country: US, website: http://a.example}\n", "config.url", 2, 34, 50),
    ("workspace.yaml", W + "links: {domain: go.example}\n", "config.url", 3, 17, 27),
    ("workspace.yaml", W + "quiet_hours: {timezone: Europe/Berln}\n", "config.time-zone", 3, 25, 37),
    ("workspace.yaml", W + "quiet_hours: {from: 21:00, to: 8:00}\n", "config.value", 3, 32, 36),
    ("workspace.yaml", W + "limits: {spend: 200/24h}\n", "config.value", 3, 17, 24),
    ("workspace.yaml", W + "sending: {look_ups: [10s, 1 minute]}\n", "config.value", 3, 27, 35),
    ("workspace.yaml", W + "links: {utm: {source: acme, campaign: '{templat}'}}\n", "config.value", 3, 39, 50),
    ("workspace.yaml", W + 'links: {utm: {content: "50% {"}}\n', "config.value", 3, 24, 31),
    ("workspace.yaml", W + "delivery: {provider: twillio}\n", "ref.unknown-provider", 3, 22, 29),
    ("workspace.yaml", W + "links: {shortener: bitly}\n", "ref.unknown-shortener", 3, 20, 25),
    ("workspace.yaml", W + "numbers: {normaliser: x}\n", "ref.unknown-normaliser", 3, 23, 24),
    ("workspace.yaml", W + "delivery: {provider: sandbox, colour: red}\n", "config.unknown-key", 3, 31, 37),
    ("workspace.yaml", W + "links: {domain: '${X:?}'}\n", "config.variable", 3, 17, 25),
    ("config/engine.yaml", "engine: 2\nplugins: [sandbox, twilio, phonenumbers]\n", "config.value", 1, 9, 10),
    ("config/engine.yaml", "engine: 1\nplugins: [sandbox, twillio, phonenumbers]\n", "ref.unknown-plugin", 2, 20, 27),
    ("config/engine.yaml", E + "state: state.db\n", "config.url", 3, 8, 16),
    ("config/engine.yaml", E + "state: mysql://x\n", "ref.unknown-store", 3, 8, 17),
    ("config/engine.yaml", "engine: 1\nplugin: [x]\nplugins: [sandbox, phonenumbers]\n", "config.unknown-key", 2, 1, 7),
    ("config/environments/a.yaml", "workspaces:\n  acm: {}\n", "ref.unknown-workspace", 2, 3, 6),
    ("config/environments/a.yaml", "workspaces:\n  acme: {name: [x]}\n", "config.type", 2, 16, 19),  # not chosen
    ("templates/x.liquid", "---\npurpose: reply\nsender: [support, suport]\n---\nx\n", "ref.unknown-sender", 3, 19, 25),
    ("templates/x.liquid", T + "max_segments: 0\n---\nx\n", "config.value", 4, 15, 16),
    ("templates/x.liquid", T + "samples: [adda]\n---\nx\n", "ref.unknown-person", 4, 11, 15),
    ("templates/x.liquid", T + "samples: [ada, ada]\n---\nx\n", "template.duplicate-sample", 4, 16, 19),
    ("templates/x.liquid", T + "body: x\n---\nx\n", "config.unknown-key", 4, 1, 5),
    ("templates/x.liquid", "---\nsender: support\n---\nx\n", "config.missing", 2, 1, None),
    ("templates/x.liquid", T + "", "template.front-matter", 1, 1, 4),
    ("templates/x.liquid", T + "---\n\n", "template.empty", 2, 1, None),
    ("templates/x.liquid", T + "---\na\nb \x1b\n", "yaml.character", 6, 3, 4),
    ("templates/club/welcome.es.liquid", "---\npurpose: reply\n---\nHola\n", "template.purpose-differs", 2, 10, 15),
    ("templates/club/welcome.es.liquid", "---\nsamples: [ada]\n---\nHola\n", "config.unknown-key", 2, 1, 8),
    ("templates/club/welcome.es.liquid", "---\nto: [x]\n---\nHola\n", "config.type", 2, 5, 8),
    ("keywords.yaml", "keywords:\n  a: {words: [A], reply: club/welcom}\n", "ref.unknown-template", 2, 26, 37),
    ("keywords.yaml", "keywords:\n  a: {words: [A], senders: [x]}\n", "ref.unknown-sender", 2, 29, 30),
    ("keywords.yaml", "keywords:\n  a: {reply: club/welcome}\n", "keyword.words", 2, 3, 4),
    ("keywords.yaml", "keywords:\n  a: {words: [A], match: any}\n", "keyword.words", 2, 14, 17),
    ("keywords.yaml", "keywords:\n  a: {words: ['(?=x)'], match: pattern}\n", "keyword.pattern", 2, 15, 22),
    ("keywords.yaml", "keywords:\n  a: {words: [sign up]}\n", "keyword.never-matches", 2, 15, 22),
    ("keywords.yaml", "keywords:\n  a: {words: ['!!']}\n", "keyword.never-matches", 2, 15, 19),
    ("keywords.yaml", "keywords:\n  a: {words: [JOIN, ＪＯＩＮ]}\n", "keyword.duplicate", 2, 21, 25),  # full width
    ("keywords.yaml", "keywords:\n  a: {words: [STOP]}\n", "keyword.reserved", 2, 15, 19),
    ("keywords.yaml", "keywords:\n  a: {words: [X]}\n  b: {words: [x.]}\n", "keyword.shadowed", 3, 3, 4),
    ("keywords.yaml", "keywords:\n  a: {words: [X]}\n  b: {words: [Y, x]}\n", "keyword.taken", 3, 18, 19),
    ("keywords.yaml", "keywords:\n  a: {words: [X], subscribe: offer}\n", "ref.unknown-topic", 2, 30, 35),
    ("keywords.yaml", "keywords:\n  a: {words: [X], unsubscribe: offer}\n", "ref.unknown-topic", 2, 32, 37),
    ("keywords.yaml", "keywords:\n  a: {words: [X], subscribe: 1}\n", "config.value", 2, 30, 31),
    ("keywords.yaml", "topics:\n  a: {name: A, confirm: nope}\n", "ref.unknown-template", 2, 25, 29),
    ("keywords.yaml", "topics:\n  a: {name: A, confirm: club/welcome}\n", "keyword.reply-purpose", 2, 25, 37),
    (
        *("keywords.yaml", "keywords:\n  a: {words: [X], unsubscribe: true, reply: club/welcome}\n"),
        *("keyword.reply-purpose", 2, 45, 57),
    ),
    ("keywords.yaml", "consent:\n  stop: {reply: club/welcome}\n", "keyword.reply-purpose", 2, 17, 29),
    ("keywords.yaml", "consent:\n  start: {extra_words: [GO, quit]}\n", "keyword.reserved", 2, 29, 33),
    ("keywords.yaml", "topics: [a]\n", "config.type", 1, 9, 12),
    ("templates/x.liquid", "---\npurpose: marketing\nsender: support\ntopic: a\n---\n.", "ref.unknown-topic", 4, 8, 9),
    ("keywords.yaml", "keywords: {}\nconsent:\n  stop: {reply: nope}\n", "ref.unknown-template", 3, 17, 21),
    ("keywords.yaml", "consent: {scope: all}\n", "config.value", 1, 18, 21),
    ("tests/a.yaml", "- name: x\n  steps:\n    - receive: {text: hi, to: suport}\n", "ref.unknown-sender", 3, 31, 37),
    ("tests/a.yaml", "- name: x\n  steps:\n    - {wait: 1h, expect: {rule: x}}\n", "ref.unknown-keyword", 3, 33, 34),
    ("tests/a.yaml", "- name: x\n  steps:\n    - {send: {template: x}}\n", "ref.unknown-template", 3, 25, 26),
    ("tests/a.yaml", "- name: x\n  steps:\n    - {wait: 2h, receive: {text: x}}\n", "config.value", 3, 7, 37),
    ("tests/a.yaml", "- name: x\n  at: yesterday\n  steps: [{wait: 1h}]\n", "config.value", 2, 7, 16),
    ("tests/a.yaml", "- name: x\n  person: eve\n  steps: [{wait: 1h}]\n", "ref.unknown-person", 2, 11, 14),
    ("tests/a.yaml", f"{TEST}{TEST}", "test.duplicate-name", 2, 10, 11),
    ("tests/a.yaml", f"{EXPECT}{{topics: {{x: stopped}}}}}}]}}\n", "ref.unknown-topic", 1, 50, 51),
    ("tests/a.yaml", f"{EXPECT}{{webhooks: [x]}}}}]}}\n", "ref.unknown-webhook", 1, 52, 53),
    ("tests/a.yaml", "name: x\n", "config.type", 1, 1, None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "code", "line", "column", "end"), CASES)
def test_it_is_found_at_the_value(
    config: Config, name: str, text: str, code: str, line: int, column: int, end: int | None
) -> None:
    file = config.write(name, text)
    finding = config.only()
    assert (finding.code, finding.file, finding.line, finding.column) == (code, file, line, column)
    assert finding.end_column == end
    assert finding.message


def test_the_table_of_codes_is_whole_and_has_nothing_else() -> None:
    kinds = {code.partition(".")[0] for code in CODES}
    used = set()
    for path in Path(explain.__file__).parent.glob("*.py"):
        if path.name != "codes.py":
            text = path.read_text(encoding="utf-8")
            used |= {code for code in re.findall(r'"([a-z]+\.[a-z-]+)"', text) if code.partition(".")[0] in kinds}
    families = {code for code in CODES if code.startswith("ref.unknown-")}
    assert used | families == CODES.keys()
    assert {case[2] for case in CASES} <= CODES.keys()


def test_every_object_of_a_file_is_judged(config: Config) -> None:
    config.write("senders.yaml", SENDER + "  a: {alphanumeric: 1, x: 2}\n  b: {number: 3}\n")
    assert config.codes() == ["config.missing", "config.type", "config.type", "config.unknown-key"]


def test_valid_objects_stay_where_others_are_wrong(config: Config) -> None:
    config.write("senders.yaml", SENDER + "  b: {alphanumeric: 1}\n")
    config.write("templates/x.liquid", "---\npurpose: reply\nsender: b\n---\nx\n")
    loaded = config.load()
    assert loaded.project is not None
    workspace = loaded.project.workspaces["acme"]
    assert (list(workspace.senders), list(workspace.templates)) == (["support"], ["club/welcome", "x"])


def test_findings_name_the_object(config: Config) -> None:
    config.write("senders.yaml", SENDER + "  b:\n    number: +14155550101\n    kind: long-code\n")
    config.write("templates/x.liquid", T + "to: 0123\n---\nx\n")
    addresses = [finding.address for finding in config.findings()]
    assert addresses == ["acme/sender/b", "acme/template/x"]


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ("  a: {words: [X], senders: [support]}\n  b: {words: [X], senders: [brand]}\n", None),  # never both
        ("  a: {words: [X], senders: [support]}\n  b: {words: [X]}\n", None),  # b still wins at brand
        ("  a: {words: [X], senders: [support]}\n  c: {words: [X], senders: [brand]}\n  b: {words: [X]}\n", "shadowed"),
        ("  a: {words: [X]}\n  b: {words: [X], match: exact}\n", None),  # exact is tried first, wherever it stands
        ("  a: {words: [sign up], match: phrase}\n  b: {words: [please sign up], match: phrase}\n", "shadowed"),
        ("  a: {words: [sign up], match: phrase}\n  b: {words: ['sign-up: now'], match: phrase}\n", "shadowed"),
        ("  b: {words: [please sign up], match: phrase}\n  a: {words: [sign up], match: phrase}\n", None),
        ("  a: {words: ['x+'], match: pattern}\n  b: {words: ['x+'], match: pattern}\n", "shadowed"),
        ("  a: {match: any}\n  b: {match: any}\n", "shadowed"),
        ("  a: {match: any}\n  b: {words: [X]}\n", None),  # any is tried last
        ("  a: {words: ['.*'], match: pattern}\n  b: {match: any}\n", "shadowed"),  # found in every text
        ("  a: {words: ['^(x|)'], match: pattern}\n  b: {words: [y], match: pattern}\n", "shadowed"),
        ("  a: {words: ['^$'], match: pattern}\n  b: {match: any}\n", None),  # an empty text alone
        ("  a: {words: ['x*', y], match: pattern, senders: [support]}\n  b: {match: any}\n", None),
        ("  a: {words: [quit, Basta], match: exact}\n", "shadowed reserved reserved"),  # answered as STOP
        ("  a: {words: [X], senders: [acme]}\n", "shadowed"),  # nobody can text it
        ("  a: {words: [X], senders: [support, brand]}\n  b: {words: [X], senders: [acme, brand]}\n", "shadowed"),
    ],
)
def test_a_rule_is_shadowed_only_where_it_can_never_win(config: Config, rules: str, code: str | None) -> None:
    config.write("senders.yaml", RULES)
    config.write("keywords.yaml", f"keywords:\n{rules}consent: {{stop: {{extra_words: [BASTA]}}}}\n")
    assert config.codes() == [f"keyword.{one}" for one in sorted((code or "").split())]


def test_nobody_writes_to_a_name(config: Config) -> None:
    config.write("senders.yaml", RULES)
    config.write("tests/a.yaml", "- {name: x, steps: [{receive: {text: hi, to: acme}}]}\n")
    assert config.codes() == ["test.one-way-sender"]


def test_rules_keep_the_order_of_the_file(config: Config) -> None:
    config.write("keywords.yaml", "keywords:\n" + "".join(f"  {name}: {{words: [{name}]}}\n" for name in "zbay"))
    assert list(config.load().require().workspaces["acme"].keywords) == list("zbay")


def test_front_matter_and_body_know_their_lines(config: Config) -> None:
    config.write("templates/club/welcome.es.liquid", "---\nto: '{{ x }}'\n---\nHola\n")
    sources = config.load().sources
    assert (sources["acme/template/club/welcome#body"].line, sources["acme/template/club/welcome#purpose"].line) == (
        5,
        2,
    )
    spanish = sources["acme/template/club/welcome#languages.es.body"]
    assert (spanish.file.rpartition("/")[2], spanish.line) == ("welcome.es.liquid", 4)
    assert sources["acme/workspace#business.country"].column == 21
    assert "acme/workspace#nothing" not in sources
    assert set(sources) >= {"engine", "acme/sender/support", "acme/sender/support#number", "acme/person/ada"}
    assert len(sources) == len(list(sources))
    assert all(sources[address].file.startswith("config/") for address in sources)


def test_place_of_a_block_ends_with_its_last_value(config: Config) -> None:
    config.write("senders.yaml", SENDER + "  x:\n    alphanumeric:\n      - A\n\n# the end\n")
    (finding,) = [f for f in config.findings() if f.code == "config.type"]
    assert place(finding) == (5, 7, 5, 10)


@pytest.mark.parametrize(
    ("body", "media", "found"),
    [
        ("You get no more messages. Reply START to come back.", "", []),
        ("Bye! https://acme.example/offers", "", ["keyword.reply-link"]),
        ("Bye! See WWW.acme.example", "", ["keyword.reply-link"]),
        ("Bye!{% render 'more' %}", "", ["keyword.reply-link"]),
        ("Bye!", "media: ['https://cdn.acme.example/a.png']\n", ["keyword.reply-link"]),
    ],
)
def test_the_confirmation_of_a_stop_leads_nowhere(config: Config, body: str, media: str, found: list[str]) -> None:
    config.write("snippets/more.liquid", "More at https://acme.example\n")
    config.write("templates/bye.liquid", f"---\npurpose: reply\nsender: support\n{media}---\n{body}\n")
    config.write("keywords.yaml", "keywords: {}\nconsent: {stop: {reply: bye}}\n")
    assert config.codes() == found
    config.write("keywords.yaml", "keywords:\n  a: {words: [X], unsubscribe: true, reply: bye}\n")
    assert config.codes() == found


def test_a_topic_belongs_to_marketing(config: Config) -> None:
    config.write("keywords.yaml", "topics:\n  offers: {name: Offers}\n")
    config.write("templates/a.liquid", "---\npurpose: transactional\nsender: support\ntopic: offers\n---\nx\n")
    finding = config.only()
    assert (finding.code, finding.line, finding.column) == ("template.topic", 4, 8)
    config.write("templates/a.liquid", "---\npurpose: marketing\nsender: support\ntopic: offers\n---\nx\n")
    assert config.codes() == []
