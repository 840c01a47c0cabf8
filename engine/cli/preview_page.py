"""The page that `engine preview --html` writes: one file that loads nothing, to be looked at in a pull request."""

from __future__ import annotations

import html
from collections.abc import Sequence
from itertools import groupby
from string import Template
from urllib.parse import urlsplit

from engine.cli.previews import Preview
from engine.types import Finding, SenderKind

_PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="robots" content="noindex">
<title>Message previews</title>
<style>
:root { color-scheme: light dark; --page: #f2f2f7; --phone: #fff; --edge: #d1d1d6; --ink: #1c1c1e; --quiet: #6e6e73;
  --bubble: #e9e9eb; --link: #0a60d0; --error: #b3261e; --warning: #8a5a00; --tile: #d8dde6; }
@media (prefers-color-scheme: dark) { :root { --page: #000; --phone: #1c1c1e; --edge: #3a3a3c; --ink: #f2f2f7;
  --quiet: #98989d; --bubble: #2c2c2e; --link: #6cb2ff; --error: #ff8a80; --warning: #ffc95c; --tile: #3a3f4a; } }
* { box-sizing: border-box; }
body { margin: 0; padding: 2rem clamp(1rem, 4vw, 3rem) 4rem; background: var(--page); color: var(--ink);
  font: 16px/1.4 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
h1 { font-size: 1.6rem; margin: 0; }
h2 { font-size: 1.15rem; margin: 2.5rem 0 1rem; }
h2 span { color: var(--quiet); font-weight: 400; }
p.lead { color: var(--quiet); margin: .3rem 0 0; }
section { display: flex; flex-wrap: wrap; gap: 1.5rem; align-items: start; }
figure { margin: 0; width: 20rem; max-width: 100%; }
figcaption { color: var(--quiet); font-size: .85rem; padding: .6rem .4rem 0; overflow-wrap: anywhere; }
figcaption strong { color: var(--ink); }
.phone { border: 1px solid var(--edge); border-radius: 2rem; background: var(--phone); overflow: hidden;
  min-height: 16rem; box-shadow: 0 1px 3px rgb(0 0 0 / .08); }
.bar { border-bottom: 1px solid var(--edge); padding: 1rem 1rem .6rem; text-align: center; font-size: .85rem; }
.bar b { display: block; overflow: hidden; text-overflow: ellipsis; }
.bar span { color: var(--quiet); }
.talk { padding: 1rem; }
.bubble { background: var(--bubble); border-radius: 1.2rem 1.2rem 1.2rem .3rem; padding: .6rem .9rem; max-width: 92%;
  width: fit-content; white-space: pre-wrap; overflow-wrap: anywhere; }
.bubble i { font-style: normal; color: var(--link); text-decoration: underline; }
.image { background: var(--tile); border-radius: 1.2rem; height: 8rem; width: 70%; margin-bottom: .4rem; padding: .8rem;
  display: flex; align-items: end; font-size: .8rem; color: var(--quiet); overflow-wrap: anywhere; }
.none { color: var(--error); border: 1px dashed currentColor; border-radius: 1.2rem; padding: .6rem .9rem; }
ul { margin: .4rem 0 0; padding: 0; list-style: none; }
.error { color: var(--error); } .warning { color: var(--warning); }
</style>
</head>
<body>
<h1>Message previews</h1>
<p class="lead">$count, exactly as they would be sent. Short links are stand-ins of the real length.</p>
$groups
</body>
</html>
""")

_GROUP = Template("""<h2>$template <span>$workspace</span></h2>
<section>
$figures
</section>
""")

_FIGURE = Template("""<figure>
<div class="phone">
<div class="bar"><b>$sender</b><span>to $to</span></div>
<div class="talk">$talk</div>
</div>
<figcaption><strong>$sample</strong>$facts$notes</figcaption>
</figure>""")


def page(previews: Sequence[Preview]) -> str:
    """Gives the page. Everything that comes from a config or from data is escaped."""
    groups = []
    for (workspace, template), members in groupby(previews, key=lambda one: (one.workspace, one.template)):
        figures = "\n".join(map(_figure, members))
        groups.append(_GROUP.substitute(workspace=_text(workspace), template=_text(template), figures=figures))
    count = "1 message" if len(previews) == 1 else f"{len(previews)} messages"
    return _PAGE.substitute(count=count, groups="".join(groups))


def _figure(one: Preview) -> str:
    made = one.composed
    if made is None:
        reason = "; ".join(finding.message for finding in one.findings)
        talk, facts, sender = f'<div class="none">No message: {_text(reason)}</div>', "", "—"
    else:
        images = "".join(f'<div class="image">{_text(_file_of(url))}</div>' for url in made.media)
        body = _text(made.body)
        for link in made.links:
            short = _text(link.short)
            body = body.replace(short, f"<i>{short}</i>")
        talk = images + (f'<div class="bubble">{body}</div>' if made.body else "")
        segments = "MMS" if made.kind == "mms" else "1 segment" if made.segments == 1 else f"{made.segments} segments"
        facts = f"<br>{segments} · {made.encoding} · {made.characters} characters"
        facts += f"<br>about {one.cost.amount.normalize():f} {one.cost.currency}" if one.cost else "<br>cost unknown"
        facts += "".join(f"<br>{_text(link.short)} → {_text(link.url)}" for link in made.links)
        facts += "".join(f"<br>{_text(url)}" for url in made.media)
        # A messaging service picks one of its numbers when it sends; no phone ever shows its id.
        is_service = made.sender.kind is SenderKind.MESSAGING_SERVICE
        sender = _text(made.sender_name if is_service else made.sender.value)
    notes = "".join(map(_note, one.findings))
    return _FIGURE.substitute(
        sender=sender,
        to=_text(one.to.number) if one.to else "nobody",
        talk=talk,
        sample=_text(one.sample),
        facts=facts,
        notes=f"<ul>{notes}</ul>" if notes else "",
    )


def _note(finding: Finding) -> str:
    hint = f" {finding.hint}" if finding.hint else ""
    words = _text(f"{finding.severity}: {finding.message} [{finding.code}]{hint}")
    return f'<li class="{finding.severity}">{words}</li>'


def _file_of(url: str) -> str:
    try:
        return urlsplit(url).path.rpartition("/")[2] or url
    except ValueError:
        return url


def _text(text: str) -> str:
    return html.escape(text, quote=True)
