"""Writing what an account has into senders.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import pytest
import yaml

from engine.config.fmt import format_yaml
from engine.config.models import EngineConfig, Project, SendersFile, Workspace
from engine.config.pull import Pulled, pull
from engine.config.settings_models import WorkspaceConfig
from engine.reconcile.provider_side import wanted_webhooks
from engine.types import RemoteSender, SenderKind, SenderWebhook

HERE = "https://sms.acme.example/webhooks/acme/twilio/inbound"
OLD = "https://old.acme.example/sms"
INBOUND, FALLBACK = SenderWebhook.INBOUND, SenderWebhook.FALLBACK


def number(value: str, label: str = "", *, inbound: str = "", fallback: str = "", mms: bool = False) -> RemoteSender:
    webhooks = {INBOUND: inbound, FALLBACK: fallback}
    return RemoteSender(SenderKind.LONG_CODE, value, label, mms=mms, webhooks=webhooks)


def pulled(text: str, *remote: RemoteSender, without: Mapping[str, str] | None = None) -> Pulled:
    """Pulls, and checks that pulling again changes nothing."""
    senders = SendersFile.model_validate(yaml.safe_load(text) or {}).senders
    settings = WorkspaceConfig.model_validate(
        {"name": "Acme", "business": {"country": "US"}, "delivery": {"provider": "twilio"}}
    )
    engine = EngineConfig(engine=1, plugins=["twilio"], public_url="https://sms.acme.example")

    def once(text: str) -> Pulled:
        senders = SendersFile.model_validate(yaml.safe_load(text) or {}).senders
        project = Project(engine=engine, workspaces={"acme": Workspace(settings=settings, senders=senders)})
        wanted = partial(wanted_webhooks, project, "acme")
        return pull(text, senders, remote, wanted=wanted, without=without or ())

    found = once(text)
    assert once(found.text) == Pulled(found.text, {}, {}), "once more, it changes something"
    assert set(senders) <= set(SendersFile.model_validate(yaml.safe_load(found.text) or {}).senders)
    return found


FILE = """\
# Who we are.
senders:
  support:  # the desk
    number: "+14155550100"   # ported in 2019
    kind: long-code

  # For campaigns.
  code: {number: '67076', kind: short-code, rate: 100/s}
  # The end.
"""


def test_comments_and_quotes_and_blank_lines_stay() -> None:
    found = pulled(FILE, number("+14155550100", mms=True), number("+14155550101", "Second desk", inbound=OLD))
    assert found.changed == {"support": ("mms",)}
    assert found.added == {"second-desk": "+14155550101"}
    assert found.text == (
        "# Who we are.\n"
        "senders:\n"
        "  support:  # the desk\n"
        '    number: "+14155550100"   # ported in 2019\n'
        "    mms: true\n"
        "    kind: long-code\n"
        "\n"
        "  # For campaigns.\n"
        "  code: {number: '67076', kind: short-code, rate: 100/s}\n"
        "  second-desk:\n"
        '    number: "+14155550101"\n'
        "    kind: long-code\n"
        "    webhooks: {inbound: " + f'"{OLD}"' + "}\n"
        "  # The end.\n"
    )


def test_a_file_in_canonical_form_keeps_it() -> None:
    text = format_yaml(FILE, "senders")
    found = pulled(text, number("+14155550100", mms=True), number("+14155550101", "Second desk", inbound=OLD))
    assert found.text.index("mms: true") > found.text.index("kind: long-code")
    assert found.text.index("# For campaigns.") < found.text.index("  code:")
    assert format_yaml(found.text, "senders") == found.text


def test_nothing_new_leaves_the_file_to_the_byte() -> None:
    odd = 'senders:\n  a:   {number:   "+14155550100",kind: long-code}   # odd\n'
    assert pulled(odd, number("+14155550100")).text == odd
    assert pulled(odd).text == odd


@pytest.mark.parametrize("text", ["", "# Nobody yet.\n", "senders: {}\n", "senders: {}  # none\n"])
def test_a_file_without_senders(text: str) -> None:
    found = pulled(text, number("+14155550100", "(415) 555-0100"))
    assert found.added == {"long-code-0100": "+14155550100"}
    for comment in ("# Nobody yet.", "# none"):
        assert (comment in text) == (comment in found.text)
    assert format_yaml(found.text, "senders").splitlines()[-3:] == [
        "  long-code-0100:",
        '    number: "+14155550100"',
        "    kind: long-code",
    ]


def test_names_are_of_labels_and_never_taken_twice() -> None:
    labels = ["Support", "support!", "SUPPORT", "Ünïcode ☎", "x" * 80, "x" * 80]
    found = pulled("", *(number(f"+1415555010{n}", label) for n, label in enumerate(labels)))
    assert list(found.added) == ["support", "support-2", "support-3", "n-code", "x" * 63, f"{'x' * 61}-2"]


def test_what_may_be_a_secret_or_cannot_be_written_is_left_at_the_provider() -> None:
    remote = [
        number("+14155550100", "a", inbound="https://ann:pw@old.acme.example/sms"),
        number("+14155550101", "b", inbound=f"{OLD}?token=1"),
        number("+14155550102", "c", inbound=f"GET {OLD}"),
        number("+14155550103", "d", inbound="http://old.acme.example/sms"),
        number("+14155550104", "e", inbound=HERE),
        number("+14155550105", "f"),
    ]
    senders = yaml.safe_load(pulled("", *remote).text)["senders"]
    assert [senders[name].get("webhooks") for name in "abcdef"] == [{"inbound": "leave"}] * 4 + [None, None]


def test_drift_is_taken_over_field_by_field() -> None:
    text = (
        "senders:\n  a:\n    number: '+14155550100'\n    kind: long-code\n"
        f"    webhooks: {{fallback: '{OLD}'}}  # spare\n"
    )
    found = pulled(text, number("+14155550100", inbound=f"{OLD}/2"))
    assert found.changed == {"a": ("webhooks",)}
    assert yaml.safe_load(found.text)["senders"]["a"]["webhooks"] == {"fallback": "none", "inbound": f"{OLD}/2"}
    assert "# spare" in found.text


def test_what_cannot_text_or_is_another_workspace_s_is_not_taken() -> None:
    voice = RemoteSender(SenderKind.LONG_CODE, "+14155550199", "Phone", sms=False, voice=True)
    other = number("+14155550198", "Other")
    assert pulled("", voice, other, without={other.value: "beta"}).text == ""


def test_every_kind() -> None:
    service = "MG0123456789abcdef0123456789abcdef"
    found = pulled(
        "senders:\n  a: {alphanumeric: ACME}\n",
        RemoteSender(SenderKind.TOLL_FREE, "+18335550100", "Free"),
        RemoteSender(SenderKind.SHORT_CODE, "67076", "67076", countries=frozenset({"US", "CA"}), mms=True),
        RemoteSender(SenderKind.MESSAGING_SERVICE, service, "Pool"),
    )
    assert yaml.safe_load(found.text)["senders"] == {
        "a": {"alphanumeric": "ACME"},
        "free": {"number": "+18335550100", "kind": "toll-free"},
        "short-code-67076": {"number": "67076", "kind": "short-code", "countries": ["CA", "US"], "mms": True},
        "pool": {"messaging_service": service},
    }
    assert "  free: {" in found.text, "in the style of the senders beside it"
    assert format_yaml(found.text, "senders") == found.text
