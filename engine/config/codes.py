"""Every finding that reading the config can make, by its stable code, with what it means.

Codes are a contract: tools filter and count by them. The words of a finding may change, its code does not.
"""

from __future__ import annotations

CODES: dict[str, str] = {
    # The text of a file, before anything is read into it.
    "yaml.syntax": "The file is not YAML.",
    "yaml.encoding": "The file is not UTF-8.",
    "yaml.character": "A control character, or a line break that only some programs see, stands in the file.",
    "yaml.too-large": "The file is larger than 1 MiB.",
    "yaml.too-deep": "Values are nested more than 20 levels deep.",
    "yaml.documents": "The file holds more than one YAML document.",
    "yaml.duplicate-key": "A key stands twice in one mapping.",
    "yaml.key": "A key is no text.",
    "yaml.alias": "The file uses a YAML anchor or alias.",
    "yaml.tag": "The file uses a YAML tag.",
    "yaml.unquoted-number": "An unquoted number that would lose digits, a plus sign or leading zeros.",
    "yaml.number": "Infinity, or a value that is not a number.",
    # Files and their shape.
    "config.unknown-file": "A file stands where no file means anything.",
    "config.unreadable": "A file or folder cannot be read.",
    "config.link": "A symbolic link leads out of the config.",
    "config.name": "A name has characters that names may not have.",
    "config.unknown-key": "A key that means nothing here.",
    "config.missing": "A required value is missing.",
    "config.type": "A value of another type is expected.",
    "config.value": "The value is of the right type, but not allowed.",
    "config.url": "Not the address of something on the web over https.",
    "config.country": "Not a country's code.",
    "config.time-zone": "Not the name of a time zone.",
    # Variables and secrets.
    "config.variable": "A reference to a variable that is written wrongly.",
    "config.variable-here": "A reference to a variable in a file where they do not work.",
    "config.unset-variable": "A variable that is needed is not set.",
    "config.secret-literal": "A secret stands in the config.",
    "config.secret-elsewhere": "A variable that holds a secret is used in a field that is not secret.",
    # Plugins and what they offer.
    "plugin.failed": "A plugin cannot be loaded, or clashes with another.",
    "numbers.ambiguous-normaliser": "Several number normalisers are loaded and the workspace chooses none.",
    "numbers.no-normaliser": "No number normaliser is loaded.",
    "limits.price-unknown": "`limits.spend` is set, and a country of the audience has no price in its currency.",
    # References to what does not exist.
    "ref.unknown-plugin": "No such plugin is installed.",
    "ref.unknown-provider": "No loaded plugin offers that provider.",
    "ref.unknown-shortener": "No loaded plugin offers that shortener.",
    "ref.unknown-store": "No loaded plugin offers a store for the scheme of `state`.",
    "ref.unknown-normaliser": "No loaded plugin offers that number normaliser.",
    "ref.unknown-workspace": "No such workspace.",
    "ref.unknown-sender": "No such sender.",
    "ref.unknown-template": "No such template.",
    "ref.unknown-person": "No such person in people.yaml.",
    "ref.unknown-keyword": "No such keyword rule.",
    "ref.unknown-webhook": "No such webhook in workspace.yaml.",
    "ref.unknown-topic": "No such topic.",
    # Senders.
    "sender.identity": "Not exactly one of number, alphanumeric and messaging_service.",
    "sender.kind": "The kind does not fit the sender.",
    "sender.mms": "That kind of sender cannot send MMS.",
    "sender.webhooks": "A webhook address with a password in it, or one of a sender that nobody can text.",
    "sender.duplicate": "Two senders of a workspace have one number.",
    # Templates.
    "template.front-matter": "The front matter does not end.",
    "template.empty": "A template with neither text nor media.",
    "template.no-base": "A translation of a template that does not exist.",
    "template.purpose-differs": "A translation with another purpose than its template.",
    "template.topic": "A topic on a template that is no marketing.",
    "template.duplicate-sample": "Two samples of a template have one name.",
    # Keyword rules.
    "keyword.words": "A rule without words, or words on a rule that matches anything.",
    "keyword.pattern": "Not a linear-time regular expression.",
    "keyword.never-matches": "A word that can match no message.",
    "keyword.duplicate": "A word stands twice in a rule.",
    "keyword.taken": "A word that an earlier rule answers.",
    "keyword.shadowed": "A rule that can never win.",
    "keyword.reserved": "A word that is answered as STOP, START or HELP before any rule.",
    # Webhooks.
    "webhook.address": "An address that is never called: this machine, another port than 443, a user name in it.",
    # Conversation tests.
    "test.duplicate-name": "Two tests of a file have one name.",
    "test.one-way-sender": "A text to a sender that cannot be texted.",
    "keyword.reply-purpose": "The confirmation of a STOP, or a topic's question, has another purpose than `reply`.",
    "keyword.reply-link": "The confirmation of a STOP has a link or an image in it.",
}
