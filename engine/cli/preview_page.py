"""The page that `engine preview --html` writes: one file that loads nothing, to be looked at in a pull request."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from engine.cli.previews import Preview
from engine.reconcile.bubbles import Shown, document, escaped, phone
from engine.types import Finding, SenderKind


def page(previews: Sequence[Preview]) -> str:
    """Gives the page. Everything that comes from a config or from data is escaped."""
    groups = []
    for (workspace, template), members in groupby(previews, key=lambda one: (one.workspace, one.template)):
        figures = "\n".join(map(_figure, members))
        head = f"<h2>{escaped(template)} <span>{escaped(workspace)}</span></h2>"
        groups.append(f"{head}\n<section>\n{figures}\n</section>")
    count = "1 message" if len(previews) == 1 else f"{len(previews)} messages"
    lead = f"{count}, exactly as they would be sent. Short links are stand-ins of the real length."
    return document(
        "Message previews", "\n".join(["<h1>Message previews</h1>", f'<p class="lead">{lead}</p>', *groups])
    )


def _figure(one: Preview) -> str:
    made = one.composed
    to = one.to.number if one.to else "nobody"
    facts = ""
    if made is None:
        shown = Shown("—", to, None, error="; ".join(finding.message for finding in one.findings))
    else:
        # A messaging service picks one of its numbers when it sends; no phone ever shows its id.
        is_service = made.sender.kind is SenderKind.MESSAGING_SERVICE
        sender = made.sender_name if is_service else made.sender.value
        shown = Shown(sender, to, made.body, links=[link.short for link in made.links], media=made.media)
        segments = "MMS" if made.kind == "mms" else "1 segment" if made.segments == 1 else f"{made.segments} segments"
        facts = f"<br>{segments} · {made.encoding} · {made.characters} characters"
        facts += f"<br>about {one.cost.amount.normalize():f} {one.cost.currency}" if one.cost else "<br>cost unknown"
        facts += "".join(f"<br>{escaped(link.short)} → {escaped(link.url)}" for link in made.links)
        facts += "".join(f"<br>{escaped(url)}" for url in made.media)
    notes = "".join(map(_note, one.findings))
    listed = f"<ul>{notes}</ul>" if notes else ""
    caption = f"<figcaption><strong>{escaped(one.sample)}</strong>{facts}{listed}</figcaption>"
    return f"<figure>\n{phone(shown)}\n{caption}\n</figure>"


def _note(finding: Finding) -> str:
    hint = f" {finding.hint}" if finding.hint else ""
    words = escaped(f"{finding.severity}: {finding.message} [{finding.code}]{hint}")
    return f'<li class="{finding.severity}">{words}</li>'
