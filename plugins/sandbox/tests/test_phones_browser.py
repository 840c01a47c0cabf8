"""The page at /sandbox as people have it: in a real Chromium, with a keyboard, on a small screen, under attack."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from chromium import chromium
from phones_shop import Served

SMALL = {"width": 360, "height": 640}
WIDE = {"width": 1280, "height": 800}

Page = Any
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium("--host-resolver-rules=MAP evil.example 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1") as running:
        yield running


@pytest.fixture
def open_page(served: Served, browser: Any) -> Iterator[Open]:
    """Opens the page at a phone. Fails at the end where the browser complained of anything."""
    complaints: list[str] = []
    contexts = []

    def dismiss(dialog: Any) -> None:
        complaints.append(dialog.message)
        dialog.dismiss()

    def open_(number: str, **options: Any) -> Page:
        context = browser.new_context(**{"viewport": WIDE, "locale": "en-US", **options})
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", dismiss)
        page.goto(f"{served.url}/sandbox#{number}")
        page.locator("#live[data-state=live]").wait_for()
        return page

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []


def phone(page: Page, number: str) -> Any:
    shown = re.sub(r"^\+1(\d{3})(\d{3})(\d{4})$", r"+1 \1 \2 \3", number)
    return page.get_by_role("region", name=f"Phone {shown}", exact=True)


def tab_to(page: Page, name: str) -> None:
    for _ in range(100):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id || document.activeElement.name") == name:
            return
    raise AssertionError(f"no Tab leads to {name}")


def test_there_and_back_by_keyboard_alone(served: Served, open_page: Open) -> None:
    number = "+14155550140"
    page = open_page("")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the phones"
    tab_to(page, "number")
    page.keyboard.type("+1 (415) 555-0140")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.textContent") == "+1 415 555 0140"
    tab_to(page, "body")
    page.keyboard.type("Join,")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("please!")
    page.keyboard.press("Enter")
    here = phone(page, number)
    here.locator(".text.mine").wait_for()
    assert here.locator(".mine .body").inner_text() == "Join,\nplease!"
    assert "to main" in here.locator(".mine summary").inner_text()
    here.get_by_text("join · 1 reply").wait_for()
    assert page.evaluate("document.activeElement.value") == ""
    served.shop.engine("run", "--drain")
    reply = here.locator(".text:not(.mine)")
    reply.wait_for()
    assert "1 segment · GSM-7" in reply.locator("summary").inner_text()
    page.locator("#announcer", has_text="main to +14155550140: Hi ").wait_for(state="attached")
    link = reply.get_by_role("link")
    assert link.inner_text().startswith("https://go.acme.example/")
    assert link.evaluate("link => link.origin") == served.url
    # The details of a text open by keyboard, too.
    reply.locator("summary").focus()
    page.keyboard.press("Enter")
    assert reply.get_by_text("engine explain msg_").is_visible()


HOSTILE = [
    "<script>alert(1)</script><img src=x onerror=alert(1)><b>bold</b> &amp;",
    'javascript:alert(1) https://evil.example/"onmouseover="alert(1) https://<svg/onload=alert(1)>',
    "\u202eesrever \u2067 \u2066 not closed",
    "line one\n\n\tline \u0000 two \ufffe",
    "W" * 1_600,
]


def test_hostile_texts_are_text(served: Served, open_page: Open) -> None:
    number = "+14155550141"
    served.arrive(number, HOSTILE)
    page = open_page(number)
    here = phone(page, number)
    served.arrive(number, HOSTILE)
    here.locator(".text").nth(9).wait_for()
    bodies = here.locator(".body").evaluate_all("all => all.map(one => one.textContent)")
    assert bodies == [body.replace("\u0000", "\ufffd") for body in HOSTILE * 2] or bodies == HOSTILE * 2
    assert here.locator("script, img, b, svg, iframe").count() == 0
    links = here.locator(".body a").evaluate_all("all => all.map(one => one.href)")
    assert set(links) == {"https://evil.example/"}
    # A text that turns its direction around turns nothing else around, and none is wider than its phone.
    line = here.locator(".text").nth(2).locator("summary")
    places = line.evaluate("line => [...line.children].map(part => part.getBoundingClientRect().left)")
    assert places == sorted(places)
    assert here.locator(".log").evaluate("log => log.scrollWidth <= log.clientWidth")
    entry = page.get_by_role("navigation").get_by_role("button").first
    assert entry.evaluate("entry => entry.scrollWidth <= entry.clientWidth")


def test_a_thousand_texts_are_windowed(served: Served, open_page: Open) -> None:
    number = "+14155550142"
    served.arrive(number, [f"text {n}" for n in range(1_000)])
    page = open_page(number)
    here = phone(page, number)
    here.get_by_text("text 999", exact=True).wait_for()
    assert here.locator(".text").count() == 40
    for _ in range(6):
        first = here.locator(".text").first.get_attribute("data-position")
        here.get_by_role("button", name="Earlier texts").click()
        page.wait_for_function(
            "([phone, first]) => phone.querySelector('.text').dataset.position !== first",
            arg=[here.element_handle(), first],
        )
        assert here.locator(".text").count() <= 160
    assert here.get_by_text("text 760", exact=True).count() == 1
    served.arrive(number, ["live, while somebody reads"])
    here.get_by_role("button", name="Latest texts").click()
    here.get_by_text("live, while somebody reads").wait_for()
    assert here.locator(".text").count() == 40
    assert here.locator(".log").evaluate("log => log.scrollHeight - log.scrollTop - log.clientHeight < 5")
    served.arrive(number, [f"more {n}" for n in range(190)])
    here.get_by_text("more 189", exact=True).wait_for()
    assert here.locator(".text").count() == 160


def test_a_broadcast_opens_a_few_phones_and_lists_the_rest(served: Served, open_page: Open) -> None:
    page = open_page("+14155550143")
    for n in range(60):
        served.arrive(f"+1212555{n + 100:04}", ["news"])
    page.get_by_role("navigation").get_by_text("+1 212 555 0159").wait_for()
    assert page.get_by_role("region", name=re.compile("^Phone ")).count() <= 9
    assert page.get_by_role("navigation").get_by_role("button").count() == 50
    assert page.locator("#others").is_visible()
    assert page.locator(".entry .new:visible").count() > 10


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_small_screen(served: Served, open_page: Open, scheme: str) -> None:
    number = "+14155550144"
    served.arrive(number, ["Hi Ada, see https://go.acme.example/abcDEF1234 and " + "x" * 300])
    page = open_page(number, viewport=SMALL, has_touch=True, is_mobile=True, color_scheme=scheme)
    here = phone(page, number)
    here.locator(".text").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") == SMALL["width"]
    box = here.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= SMALL["width"]
    assert box["y"] + box["height"] <= SMALL["height"]
    tapped = page.locator("button:visible, input:visible, select:visible, textarea:visible, summary:visible")
    sizes = tapped.evaluate_all(
        "all => all.map(one => [one.outerHTML.slice(0, 60), one.getBoundingClientRect().height])"
    )
    # WCAG 2.2, 2.5.8: what is tapped is 24 pixels high at least.
    assert [size for size in sizes if size[1] < 24 and "checkbox" not in size[0]] == []
    assert page.evaluate(CONTRASTS) == []


CONTRASTS = """() => {
  const parse = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((part) => part / 255)
    .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
  const behind = (element) => {
    for (; element; element = element.parentElement) {
      const color = parse(getComputedStyle(element).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const element of document.querySelectorAll("h1, h2, p, a, time, span, bdi, dd, dt, button, label")) {
    if (!element.checkVisibility() || !element.textContent.trim()) continue;
    const [a, b] = [light(parse(getComputedStyle(element).color)), light(behind(element))].sort((x, y) => y - x);
    const contrast = (a + 0.05) / (b + 0.05);
    if (contrast < 4.5) found.push([element.className || element.tagName, contrast]);
  }
  return found;
}"""
"""WCAG 2.2, 1.4.3: words whose contrast is under 4.5."""


def test_everything_has_a_name_and_a_role(served: Served, open_page: Open) -> None:
    number = "+14155550145"
    served.arrive(number, ["Hi"], media=("https://cdn.acme.example/a.png",))
    served.arrive("+14155550150", ["Hi"])
    page = open_page(number)
    phone(page, number).locator(".text").wait_for()
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    roles = [
        (node["role"]["value"], node.get("name", {}).get("value", ""), node)
        for node in nodes
        if not node.get("ignored") and "role" in node
    ]
    acting = {"button", "textbox", "combobox", "checkbox", "link", "searchbox", "DisclosureTriangle"}
    assert [role for role, name, _ in roles if role in acting and not name.strip()] == []
    assert {"banner", "navigation", "main", "complementary"} <= {role for role, _, _ in roles}
    assert next(name for role, name, _ in roles if role == "heading") == "Phones"
    identifiers = page.locator("[id]").evaluate_all("all => all.map(one => one.id)")
    assert len(identifiers) == len(set(identifiers))
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.locator("#announcer").get_attribute("aria-live") == "polite"
    # In the order of the page, into a phone and out of it again.
    page.locator(".skip").focus()
    seen: list[str] = []
    while seen.count("close") < 2 and len(seen) < 300:
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.id || document.activeElement.className"))
    order = [seen.index(name) for name in ("pictures", "number", "entry", "close", "log", "send")]
    assert order == sorted(order)


def test_pictures_are_loaded_when_asked_for(served: Served, open_page: Open) -> None:
    number, address = "+14155550146", "https://cdn.acme.example/welcome.svg"
    served.arrive(number, ["Look"], media=(address, "https://cdn.acme.example/gone.png"))
    page = open_page(number)
    asked: list[str] = []

    def answer(route: Any) -> None:
        asked.append(route.request.headers.get("referer", "none"))
        route.fulfill(
            content_type="image/svg+xml", body='<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"/>'
        )

    page.route(address, answer)
    here = phone(page, number)
    here.get_by_role("button", name="Load the picture welcome.svg").click()
    here.get_by_role("img", name="Picture welcome.svg").wait_for()
    assert asked == ["none"]
    assert here.get_by_role("button", name="Load the picture gone.png").count() == 1


def test_states_change_with_time(served: Served, open_page: Open) -> None:
    number = "+14155550147"
    page = open_page(number)
    served.arrive(number, ["on its way"], delivered=1_500)
    state = phone(page, number).locator(".state")
    phone(page, number).locator(".state[data-state=sent]").wait_for()
    phone(page, number).locator(".state[data-state=delivered]").wait_for()
    assert state.inner_text() == "delivered"


class Cable:
    """Leads a browser's connections to a server, until it is pulled; then it can be plugged in again."""

    def __init__(self, host: str) -> None:
        self._host, _, port = host.partition(":")
        self._port = int(port)
        self._plugged: list[socket.socket] = []
        self.plug(0)

    @property
    def url(self) -> str:
        """Gives where a browser finds the server."""
        return f"http://127.0.0.1:{self._end.getsockname()[1]}"

    def plug(self, port: int) -> None:
        """Takes connections on a port."""
        self._end = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._accept, args=[self._end], daemon=True).start()

    def pull(self) -> int:
        """Breaks every connection and takes no more. Gives the port."""
        port: int = self._end.getsockname()[1]
        for end in (self._end, *self._plugged):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._plugged.clear()
        return port

    def _accept(self, end: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = end.accept()
                far = socket.create_connection((self._host, self._port))
                self._plugged += [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._lead, args=[one, other], daemon=True).start()

    @staticmethod
    def _lead(one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(65_536):
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)


def test_what_was_missed_is_there_afterwards(served: Served, browser: Any) -> None:
    number = "+14155550148"
    served.arrive(number, ["before"])
    cable = Cable(served.host)
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{cable.url}/sandbox#{number}")
    here = phone(page, number)
    here.get_by_text("before").wait_for()
    page.locator("#live[data-state=live]").wait_for()
    port = cable.pull()
    page.locator("#live[data-state=reconnecting]").wait_for()
    here.get_by_role("textbox").fill("hello?")
    page.keyboard.press("Enter")
    here.get_by_text("Engine does not answer.").wait_for()
    assert here.get_by_role("textbox").input_value() == "hello?"
    served.arrive(number, ["meanwhile"])
    cable.plug(port)
    here.get_by_text("meanwhile", exact=True).wait_for()
    page.locator("#live[data-state=live]").wait_for()
    assert here.locator(".text").count() == 2
    context.close()
    cable.pull()


def test_another_sites_page_gets_nowhere(served: Served, browser: Any) -> None:
    port = served.host.partition(":")[2]
    context = browser.new_context()
    page = context.new_page()
    assert page.goto(f"http://evil.example:{port}/sandbox").status == 421
    # The page of another site (`evil.example`), as its owner would write it.
    page.route("http://evil.example/", lambda route: route.fulfill(content_type="text/html", body="<p>Hello"))
    page.goto("http://evil.example/")
    tried = page.evaluate(
        """async (target) => {
          const text = JSON.stringify({workspace: "acme", sender: "main", phone: "+14155550149", body: "hi"});
          const ways = [
            {method: "POST", body: text, mode: "no-cors", headers: {"Content-Type": "text/plain"}},
            {method: "POST", body: text, headers: {"Content-Type": "application/json"}},
          ];
          const results = [];
          const ask = (...what) => fetch(...what).then((answer) => answer.type, () => "refused");
          for (const way of ways) results.push(await ask(target + "/texts", way));
          results.push(await ask(target + "/state"));
          return results;
        }""",
        f"{served.url}/sandbox",
    )
    assert tried[1:] == ["refused", "refused"]
    assert tried[0] in ("opaque", "refused")
    assert served.json("/conversation", network="sandbox", phone="+14155550149")["texts"] == []
    context.close()
