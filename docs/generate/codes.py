"""The codes of findings, rejections and reasons. Those of reading the config stand in the code, the others here.

The source is searched for codes: one that is not described, and one that is described and gone, is an error.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from engine.config.codes import CODES

ROOT = Path(__file__).parent.parent.parent
CODE = re.compile(r"^([a-z]+(?:-[a-z]+)*\.[a-z0-9]+(?:-[a-z0-9]+)*)(?:: .*)?$")
NO_CODES = re.compile(
    r"^(engine|socket|text|index|shortlinks|tzdata|zone)\.|^link\.clicked$|^[cm]\.seq$|^http\.disconnect$|^release\.applied$|^(audience|business|consent|delivery|limits|links|sending|workspace)\.(confirm|countries|marketing|plugins|[a-z]+_[a-z_]+)$|\.(yaml|html|json|md|db|py|js|css|svg)$"
)
"""What has the shape of a code: names of modules, files, events, columns and fields."""

INTRODUCTION = """\
# Codes

Every finding, every rejected row and every reason of a message has a code. Codes are stable; the words beside them may
change. `validate`, `preview` and `people import` print them, and `messages` and `explain` show the reason of a message.
"""

OTHERS: dict[str, dict[str, str]] = {
    "Templates": {
        "template.syntax": "The Liquid cannot be parsed.",
        "template.unknown-filter": "No such filter.",
        "template.unknown-snippet": "No such snippet.",
        "template.unknown-tag": "No such tag.",
        "template.unknown-variable": "A variable that no sample has and nothing guards.",
        "template.missing-value": "A value that would be printed is missing: the person or the data lacks it.",
        "template.too-long": "It takes more segments than `max_segments`, or more characters than a provider takes.",
        "template.too-big": "It builds more than the limits allow.",
        "template.too-deep": "Snippets or blocks are nested too deeply.",
        "template.too-slow": "It takes longer than the limits allow.",
        "template.failed": "A filter or tag failed.",
        "template.encoding": "Characters outside the GSM alphabet make it take more segments.",
        "template.unknown": "The release has no such template.",
    },
    "Links": {
        "link.host-not-allowed": "It leads to a host that `allowed_hosts` does not name.",
        "link.not-https": "It is not https.",
        "link.personal-data": "A phone number or e-mail address stands in it.",
        "link.taken": "Its short address belongs to another link; it is made anew.",
    },
    "Clicks that look like a machine's": {
        "click.head": "It asked for the headers alone.",
        "click.prefetch": "A browser fetched what might be opened.",
        "click.preview": "An app that shows what a link leads to.",
        "click.scanner": "A security product.",
        "click.crawler": "A search engine or another robot.",
        "click.tool": "An HTTP library, or a browser without a screen.",
        "click.no-agent": "It said nothing of what made it.",
        "click.soon": "It came within 2 seconds of the message going out, being taken or arriving.",
        "click.several": "Another link of the same message was opened within 2 seconds.",
    },
    "Media": {
        "media.url": "Not the address of an image.",
        "media.address": "Its host is not a public address.",
        "media.not-https": "It is not https.",
        "media.credentials": "A user name or password stands in the address.",
        "media.format": "The address does not end in .png, .jpg, .jpeg or .gif.",
        "media.too-many": "More than ten.",
        "media.text-too-long": "The text beside it is longer than 1,600 characters.",
        "media.country": "MMS does not reach that country.",
        "media.sender": "The sender cannot send MMS.",
        "media.not-receivable": "MMS cannot be received, and the template has no fallback.",
        "media.large": "Larger than the 600 KB that carriers advise.",
        "media.too-large": "Larger than 5 MB.",
        "media.content": "Its bytes are another format than its address says.",
        "media.content-type": "It is served as another type than its address says.",
        "media.redirect": "The address leads to another one.",
        "media.status": "The server does not give it out.",
        "media.unreachable": "The server cannot be reached.",
    },
    "Senders and recipients": {
        "sender.none-reaches": "None of the template's senders reaches the recipient's country.",
        "sender.unknown": "The release has no such sender.",
        "number.missing": "The person has no number.",
        "number.invalid": "The number is none.",
        "number.premium-rate": "Whoever owns the number earns by every text to it: nothing is sent there.",
        "number.no-texts": "Numbers of its kind receive no texts in its country.",
    },
    "Numbers": {
        "number.empty": "Nothing is there.",
        "number.not-a-number": "No phone number can be made of it.",
        "number.not-text": "It is not text.",
        "number.spreadsheet": "A spreadsheet has cut it short, to something like 1.41556E+10.",
        "number.country-unknown": "No country code, and no country to read it in, or one that does not exist.",
        "number.too-short": "Its country has no number with so few digits.",
        "number.too-long": "Its country has no number with so many digits.",
        "number.invalid-length": "Its country has no number of that length.",
        "number.area-code-missing": "It can only be dialled in its own area.",
        "number.not-in-use": "The right length, in a range that nobody has been given.",
        "country.unknown": "The person's country is no country, and the number needs one.",
    },
    "Rows of an import": {
        "id.missing": "No id.",
        "id.not-text": "The id is not text.",
        "id.too-long": "The id is too long.",
        "id.control-character": "The id holds a control character.",
        "row.malformed": "Not a row of CSV.",
        "row.too-few-cells": "Fewer cells than the header has.",
        "row.too-many-cells": "More cells than the header has.",
        "row.nul": "A NUL byte stands in it.",
        "row.not-json": "Not JSON.",
        "row.not-object": "Not a JSON object.",
        "row.bad-name": "A name that no attribute can have.",
        "row.bad-value": "A value that no attribute can have.",
    },
    "Reasons of a message": {
        "consent.stopped": "The recipient has said STOP.",
        "consent.not-subscribed": "Marketing, and the recipient has not subscribed.",
        "consent.held-for-review": "Marketing, and a text of the recipient that may be a STOP waits to be judged.",
        "topic.not-subscribed": "Marketing of a topic that the recipient has not subscribed to.",
        "topic.not-confirmed": "Marketing of a topic whose question the recipient has not answered with YES.",
        "country.not-allowed": "The number's country is not among the workspace's.",
        "duplicate.number": "Somebody else with this number gets the same send.",
        "duplicate.text": "The same text went to the number within `limits.same_text`.",
        "limits.per-person": "The number has had its share; the message waits until there is room.",
        "limits.per-prefix": "Numbers that differ in their last four digits only have had their share; it waits.",
        "limits.spend": "The money for this time is spent; the message waits until there is room.",
        "limits.too-dear": "It alone costs more than `limits.spend` ever allows.",
        "limits.no-price": "`limits.spend` is in a currency in which nothing has a price.",
        "quiet-hours.waits": "It is quiet in a zone that the number could be in; the message waits.",
        "quiet-hours.began": "Quiet hours began while it waited for its turn; it goes through its gates again.",
        "quiet-hours.always": "At every moment it is quiet in some zone that the number could be in.",
        "local-time.waits": "The time that `--local` asked for has not come where the recipient is.",
        "expired.valid-for": "It took longer than `valid_for`.",
        "expired.confirmation": "The confirmation of a STOP, more than five minutes after it.",
        "lane.rests": "The sender rests after a refusal; the message waits.",
        "worker.not-configured": "The worker lacks a plugin or a setting; the message waits for one that has it.",
        "lane.full": "The sender's lane is full; the message waits.",
        "lease.expired": "A worker vanished while it had the message.",
        "lease.ran-out-before-the-call": "The worker's hold ended before the request left; nothing was sent.",
        "worker.stopped": "The worker was stopped and gave the message back.",
        "provider.not-configured": "The workspace's provider cannot be built; the message waits.",
        "provider.crashed": "The provider's plugin failed while sending: the message is in doubt.",
        "doubt.provider-unavailable": "The provider could not be asked; that look-up does not count.",
        "doubt.found": "A look-up found it at the provider.",
        "doubt.not-found-yet": "A look-up did not find it; another follows.",
        "doubt.not-found": "No look-up found it.",
        "doubt.resend": "No look-up found it, and the workspace sends again (`on_doubt: resend`).",
        "doubt.another-in-flight": "An equal message is on the wire; the look-up waits for it.",
        "doubt.unclear-yet": "A look-up found something that may be it; another follows.",
        "doubt.called-back": "The provider's status callback says that it has it.",
        "reply.in-answer": "It stood in the answer to a webhook; a status callback or a look-up tells what came of it.",
        "reply.not-in-answer": "It does not fit the answer to the webhook, and goes out like any message.",
        "doubt.ambiguous": "The provider has something that may be it.",
        "settled.sent": "A person found it at the provider.",
        "settled.not-sent": "A person did not find it at the provider.",
        "provider.CODE": "What the provider said, with its own code, e.g. `provider.30003`.",
        "plugin.crashed": "A plugin that could suppress it failed; the message waits.",
        "person.erased": "The person was erased.",
        "paused": "A person has paused its workspace, sender or template; who and why stand beside it.",
        "cancelled.by-operator": "A person has taken it back.",
        "cancelled.by-release": "A release has changed its template (`on_change: cancel`).",
        "release.migrated": "A release has changed its template; it goes out under that one (`on_change: migrate`).",
        "suppressed.provider:CODE": "The provider has said, with this code, that the number cannot be reached.",
    },
    "Why a text has no answer": {
        "inbound.loop": "30 texts came from the number within 30 seconds: two machines are talking.",
        "inbound.unknown-sender": "It came to a number that the config does not know.",
        "inbound.provider-answers": "STOP, START and HELP are answered by the provider.",
        "inbound.confirmed-before": "What it says holds already, and was confirmed when it was said first.",
    },
    "Calls of webhooks": {
        "webhook.unreachable": "The webhook cannot be reached, or takes longer than 20 seconds.",
        "webhook.status": "It answered with something else than 2xx; the status stands beside it.",
        "webhook.gone": "It answered 410: it is not called until `engine webhooks retry` or another address.",
        "webhook.unknown": "The live release has no such webhook any more.",
        "webhook.not-configured": "The worker lacks its secret, or cannot read it; the call waits.",
    },
    "Health": {
        "health.no-worker": "Messages are due, and no worker runs.",
        "health.rests": "A sender or a workspace rests after refusals.",
        "health.held": "Messages are held for a person.",
        "health.undone": "The last apply left something undone at a provider.",
        "health.reconcile": "The last round of `engine reconcile` failed, or none came for long.",
        "health.webhook-gone": "A webhook answered 410, and is not called any more.",
        "health.paused": "Somebody paused it.",
    },
    "Plans": {
        "template.gone": "The template goes away, and its messages with it.",
        "plan.base-unreadable": "What a plan starts from was made by another version, and cannot be read by this one.",
        "plan.beyond-diff": "The plan touches an object, and the diff under review touches none of its files.",
    },
    "The provider": {
        "provider.sender-missing": "The account has no such sender.",
        "provider.sender-cannot-text": "The account's sender is for calls alone.",
        "provider.sender-cannot-mms": "The config says `mms: true`, and the account's sender cannot.",
        "provider.sender-kind": "The account has it as another kind of sender.",
        "provider.sender-country": "The account has it for other countries than the config.",
        "provider.sender-shared": "Two workspaces want one sender of one account to lead elsewhere: it is not set.",
        "provider.sender-held": "Its messaging service takes its texts, and leads elsewhere.",
        "provider.sender-left-behind": "It is no sender any more, and its texts still come here.",
        "provider.webhook-not-settable": "The sender has no such webhook of its own.",
        "provider.unreadable": "The provider cannot be asked.",
        "twilio.account-not-active": "The account is suspended or closed.",
        "twilio.account-unreachable": "The account cannot be looked at.",
        "twilio.credentials-refused": "Twilio refuses the credentials.",
        "twilio.test-credentials": "Test credentials: messages reach nobody.",
        "twilio.trial-account": "A trial account: only verified numbers, and a prefix before each text.",
    },
}
BUILT = {"settled.sent", "settled.not-sent", "provider.CODE", "paused", "suppressed.provider:CODE"}
"""Codes that the source puts together, so that a search does not find them whole."""


def page() -> str:
    """Gives the page. Raises ValueError where source and descriptions differ."""
    described = {code for group in OTHERS.values() for code in group}
    raised = set(codes())
    if raised - described - set(CODES):
        raise ValueError(f"not described in docs/generate/codes.py: {sorted(raised - described - set(CODES))}")
    if described - raised - BUILT:
        raise ValueError(
            f"described in docs/generate/codes.py, and raised nowhere: {sorted(described - raised - BUILT)}"
        )
    parts = [INTRODUCTION, "## Reading the config\n", _table(CODES)]
    for title, group in OTHERS.items():
        parts.append(f"\n## {title}\n\n{_table(group)}")
    return "\n".join(parts)


def codes() -> dict[str, set[str]]:
    """Gives every code in the source, with the files that it stands in."""
    found: dict[str, set[str]] = {}
    for path in sorted([*ROOT.glob("engine/**/*.py"), *ROOT.glob("plugins/*/engine_*/**/*.py")]):
        name = path.relative_to(ROOT).as_posix()
        if not name.startswith("engine/testing/"):
            for code in _codes(ast.parse(path.read_text(encoding="utf-8"))):
                found.setdefault(code, set()).add(name)
    return dict(sorted(found.items()))


def _codes(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            match = CODE.match(node.value)
            if match and not NO_CODES.search(match[1]):
                yield match[1]


def _table(rows: dict[str, str]) -> str:
    return "\n".join(
        ["| code | means |", "| --- | --- |", *(f"| `{code}` | {words} |" for code, words in rows.items())]
    )
