"""The page of a plan in a real Chromium: what a reviewer sees, and what an attacker does not get."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from chromium import chromium
from plans import BEFORE, EVERYTHING, change, plan, rendering

from engine.reconcile.html import page

ATTACKS = [
    "</div></body><script>document.title = 'broken'</script>",
    "<img src=https://evil.example/x.png onerror=\"document.title = 'broken'\">",
    "<style>body { display: none }</style><link rel=stylesheet href=https://evil.example/x.css>",
    "<meta http-equiv=refresh content='0; url=https://evil.example'>",
    "<iframe src=https://evil.example></iframe><base href=https://evil.example/>",
    "\u202eesrever \u2067 not closed",
    "W" * 2_000,
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as running:
        yield running


def opened(browser: Any, folder: Path, text: str, *, width: int = 1_200) -> tuple[Any, list[str]]:
    """Gives the page as it stands, and what it asked for or complained of, itself apart."""
    file = folder / "plan.html"
    file.write_text(text, encoding="utf-8")
    shown = browser.new_page(viewport={"width": width, "height": 900})
    noted: list[str] = []
    shown.on("console", lambda message: noted.append(message.text))
    shown.on("pageerror", lambda error: noted.append(str(error)))
    shown.on("request", lambda request: noted.append(request.url) if request.url != file.as_uri() else None)
    shown.goto(file.as_uri())
    return shown, noted


@pytest.mark.parametrize("width", [1_200, 360])
def test_phones_stand_before_and_after(browser: Any, tmp_path: Path, width: int) -> None:
    shown, noted = opened(browser, tmp_path, page(EVERYTHING), width=width)
    assert noted == []
    assert shown.title() == "Plan for production"
    welcome = shown.locator("details", has_text="acme/template/welcome").locator("figure")
    assert welcome.locator("figcaption").all_inner_texts() == ["before", "after"]
    before, after = (bubble.bounding_box() for bubble in welcome.locator(".bubble").all())
    assert (before["x"] < after["x"]) == (width == 1_200)
    assert before["x"] < after["x"] or before["y"] < after["y"]
    assert shown.locator(".odd").inner_text() == "☕"
    # The style was let in by its hash: a bubble has a colour of its own, and is round.
    style = "element => [getComputedStyle(element).backgroundColor, getComputedStyle(element).borderTopLeftRadius]"
    colour, radius = welcome.locator(".bubble").first.evaluate(style)
    assert colour != "rgba(0, 0, 0, 0)"
    assert radius != "0px"
    assert shown.evaluate("document.documentElement.scrollWidth") <= width
    shown.close()


def test_attacks_are_words(browser: Any, tmp_path: Path) -> None:
    changes = [
        change(f"t{n}", rendering(text, sample=text, before=replace(BEFORE, body=text[::-1])), body=text)
        for n, text in enumerate(ATTACKS)
    ]
    shown, noted = opened(browser, tmp_path, page(replace(plan(*changes), environment=ATTACKS[0])))
    assert noted == []
    assert shown.title() == f"Plan for {ATTACKS[0]}"
    assert shown.locator("script, img, iframe, link, base, meta[http-equiv=refresh], body style").count() == 0
    bodies = shown.locator("figure:last-child .bubble").all_inner_texts()
    assert bodies[:5] == ATTACKS[:5]
    assert bodies[5] == r"\u{202e}esrever \u{2067} not closed"
    assert shown.evaluate("document.documentElement.scrollWidth") <= 1_200
    shown.close()


def test_the_policy_stops_what_escaping_would_have_missed(browser: Any, tmp_path: Path) -> None:
    text = page(EVERYTHING).replace("</body>", f"<p id=end>{''.join(ATTACKS[:2])}{ATTACKS[4]}</p></body>")
    shown, noted = opened(browser, tmp_path, text)
    assert shown.title() == "Plan for production"
    refused = " ".join(note for note in noted if "Content Security Policy" in note)
    assert all(kind in refused for kind in ("script-src", "img-src", "base-uri", "frame-src"))
    shown.close()
