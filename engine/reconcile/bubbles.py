"""Messages as phones show them, on pages that load nothing: a file to be looked at beside a pull request.

Everything that comes from a config or from data is escaped. The page's own policy (https://www.w3.org/TR/CSP3/) allows
its style, by a hash, and nothing else: no script, no image, no request.
"""

from __future__ import annotations

import base64
import difflib
import hashlib
import html
import re
from collections.abc import Collection
from dataclasses import dataclass
from itertools import groupby
from string import Template
from typing import Literal
from urllib.parse import urlsplit

from engine.reconcile.lines import printable, spelled

_PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src '$hash'; base-uri 'none'; \
form-action 'none'">
<meta name="robots" content="noindex">
<meta name="referrer" content="no-referrer">
<title>$title</title>
<style>$style</style>
</head>
<body>
$body
</body>
</html>
""")

_STYLE = """
:root { color-scheme: light dark; --page: #f2f2f7; --phone: #fff; --edge: #d1d1d6; --ink: #1c1c1e; --quiet: #6e6e73;
  --bubble: #e9e9eb; --link: #0a60d0; --error: #b3261e; --warning: #8a5a00; --tile: #d8dde6; --new: #1a7f37;
  --mark: #c9f0d1; --gone: #ffe3c7; --alarm: #ffd7d3; }
@media (prefers-color-scheme: dark) { :root { --page: #000; --phone: #1c1c1e; --edge: #3a3a3c; --ink: #f2f2f7;
  --quiet: #98989d; --bubble: #2c2c2e; --link: #6cb2ff; --error: #ff8a80; --warning: #ffc95c; --tile: #3a3f4a;
  --new: #6fdd8b; --mark: #14532b; --gone: #5c3a12; --alarm: #7a1f18; } }
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
.bubble .link { color: var(--link); text-decoration: underline; }
.bubble .added { background: var(--mark); border-radius: .2rem; }
.bubble .gone { background: var(--gone); border-radius: .2rem; }
.bubble .odd { background: var(--alarm); outline: 2px solid var(--error); border-radius: .2rem; }
.bubble .hidden { color: var(--error); font: .8em ui-monospace, monospace; }
.image { background: var(--tile); border-radius: 1.2rem; height: 8rem; width: 70%; margin-bottom: .4rem; padding: .8rem;
  display: flex; align-items: end; font-size: .8rem; color: var(--quiet); overflow-wrap: anywhere; }
.none { color: var(--error); border: 1px dashed currentColor; border-radius: 1.2rem; padding: .6rem .9rem;
  overflow-wrap: anywhere; }
ul { margin: .4rem 0 0; padding: 0; list-style: none; }
.error { color: var(--error); } .warning { color: var(--warning); }
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a phone shows. `body` None: there is no message, for the reason in `error`."""

    sender: str
    to: str
    body: str | None
    error: str = ""
    links: Collection[str] = ()  # as they stand in the body
    media: Collection[str] = ()
    other: str | None = None  # the body that this one is compared with: what is not in it is marked
    mark: Literal["added", "gone"] = "added"
    odd: int | None = None  # index of the character that made the message UCS-2, to be marked


def document(title: str, body: str, *, style: str = "") -> str:
    """Gives a page that stands alone. `body` is HTML, `style` is CSS beside what bubbles need."""
    whole = _STYLE + style
    digest = base64.b64encode(hashlib.sha256(whole.encode()).digest()).decode()
    return _PAGE.substitute(title=escaped(title), style=whole, hash=f"sha256-{digest}", body=body)


def phone(shown: Shown) -> str:
    """Gives a phone with one message on it."""
    if shown.body is None:
        talk = f'<div class="none">No message: {escaped(shown.error)}</div>'
    else:
        images = "".join(f'<div class="image">{escaped(_file_of(url))}</div>' for url in shown.media)
        talk = images + (f'<div class="bubble" dir="auto">{_words(shown)}</div>' if shown.body else "")
    bar = f"<b>{escaped(shown.sender)}</b><span>to {escaped(shown.to)}</span>"
    return f'<div class="phone">\n<div class="bar">{bar}</div>\n<div class="talk">{talk}</div>\n</div>'


def escaped(text: str) -> str:
    """Gives a text for within HTML: what hides is written out, lines stay lines."""
    return html.escape("\n".join(map(printable, text.split("\n"))), quote=True)


def _words(shown: Shown) -> str:
    """Gives a body in spans: links, what differs, the character to blame, and what would be invisible."""
    body = shown.body or ""
    marks: list[set[str]] = [set() for _ in body]
    pattern = "|".join(map(re.escape, sorted(set(shown.links), key=len, reverse=True)))
    for found in re.finditer(pattern, body) if pattern else ():
        for position in range(*found.span()):
            marks[position].add("link")
    if shown.other is not None:
        for position in _differing(shown.other, body):
            marks[position].add(shown.mark)
    for position, char in enumerate(body):
        if char != "\n" and spelled(body, position) != char:
            marks[position].add("hidden")
    if shown.odd is not None:
        marks[shown.odd].add("odd")
    parts = []
    for classes, positions in groupby(range(len(body)), key=lambda position: sorted(marks[position])):
        text = html.escape("".join(body[p] if body[p] == "\n" else spelled(body, p) for p in positions), quote=True)
        parts.append(f'<span class="{" ".join(classes)}">{text}</span>' if classes else text)
    return "".join(parts)


def _differing(before: str, after: str) -> set[int]:
    """Gives the positions of what is in `after` and was not in `before`, by words."""
    old, new = (re.findall(r"\w+|\s+|[^\w\s]+", text) for text in (before, after))
    starts = [0]
    for word in new:
        starts.append(starts[-1] + len(word))
    found: set[int] = set()
    for tag, _, _, begin, end in difflib.SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        if tag != "equal":
            found.update(range(starts[begin], starts[end]))
    return found


def _file_of(url: str) -> str:
    try:
        return urlsplit(url).path.rpartition("/")[2] or url
    except ValueError:
        return url
