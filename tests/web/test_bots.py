"""What a request says of who makes it."""

from __future__ import annotations

import json
from datetime import date
from importlib.resources import files

import pytest

from engine.clicks import BotReason
from engine.web.bots import LONGEST, REMEMBERED, Bots

R = BotReason
ANDROID = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{} Mobile Safari/537.36"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_3_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) {}"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) {} Safari/537.36"

PEOPLE = [
    ANDROID.format("131.0.0.0"),
    ANDROID.format("115.0.0.0") + " SamsungBrowser/23.0",
    ANDROID.replace("K)", "CUBOT_P20)").format("70.0.3538.110"),  # a telephone
    ANDROID.replace("K)", "CUBOT C11 Build/JDQ39)").format("39.0.0.0"),
    ANDROID.format("111.0.0.0") + " (Ecosia android@111.0.5563.116)",
    IPHONE.format("Version/18.3.1 Mobile/15E148 Safari/604.1"),
    IPHONE.format("CriOS/131.0.6778.73 Mobile/15E148 Safari/604.1"),
    IPHONE.format("FxiOS/133.0 Mobile/15E148 Safari/605.1.15"),
    IPHONE.format("Mobile/15E148 [FBAN/FBIOS;FBAV/494.0.0.38.107;FBBV/670396537]"),  # the browser inside of an app
    IPHONE.format("Mobile/15E148 Instagram 361.0.0.35.82"),
    IPHONE.format("Mobile/15E148 DuckDuckGo/7 Safari/605.1.15"),
    MAC.format("Chrome/131.0.0.0"),
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0",
    "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0)",
    "Mozilla/5.0 (compatible; MSIE 10.0; Windows Phone 8.0; Trident/6.0; IEMobile/10.0)",
    "Mozilla/5.0 (Mobile; Nokia_2720; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5.2",
    "Opera/9.80 (J2ME/MIDP; Opera Mini/9.80 (S60; SymbOS; Opera Mobi/23.348; U; en) Presto/2.5.25 Version/10.54",
    "SAMSUNG-GT-S5620/1.0 SHP/VPP/R5 Dolfin/1.5 Nextreaming profile/MIDP-2.1 configuration/CLDC-1.1",
    "BlackBerry8520/5.0.0.681 Profile/MIDP-2.1 Configuration/CLDC-1.1 VendorID/600",
]
MACHINES = [
    (MAC.format("Version/9.0.1") + " facebookexternalhit/1.1 Facebot Twitterbot/1.0", "iMessage", R.PREVIEW),
    ("facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)", "Facebook", R.PREVIEW),
    ("WhatsApp/2.23.18.78 i", "WhatsApp", R.PREVIEW),
    ("TelegramBot (like TwitterBot)", "Telegram", R.PREVIEW),
    ("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", "Slack", R.PREVIEW),
    ("Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)", "Discord", R.PREVIEW),
    ("Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5", "Skype", R.PREVIEW),
    ("Snap URL Preview Service; bot; snapchat; https://developers.snap.com/robots", "Snapchat", R.PREVIEW),
    (MAC.format("Chrome/56.0.2924.87") + " Google-PageRenderer Google", "Google", R.PREVIEW),
    (
        ANDROID.format("114.0.5735.179") + " (compatible; Google-Safety; +http://www.google.com/bot.html)",
        "Google",
        R.SCANNER,
    ),
    ("Mozilla/5.0 (compatible; NetcraftSurveyAgent/1.0; +info@netcraft.com)", "Netcraft", R.SCANNER),
    ("Mozilla/5.0 zgrab/0.x", "ZGrab", R.SCANNER),
    ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Google", R.CRAWLER),
    ("Mozilla/5.0 (compatible; SomethingNew/1.0; +https://new.example/about)", "", R.CRAWLER),
    ("Mozilla/5.0 (X11; Linux x86_64) newbot/1.0", "", R.CRAWLER),
    ("SomethingNew/1.0", "", R.CRAWLER),
    (MAC.format("HeadlessChrome/131.0.0.0"), "headless Chrome", R.TOOL),
    ("curl/8.5.0", "curl", R.TOOL),
    ("python-requests/2.32.3", "Python", R.TOOL),
    ("Python/3.11 aiohttp/3.11.10", "Python", R.TOOL),
    ("Go-http-client/2.0", "Go", R.TOOL),
    ("okhttp/4.12.0", "OkHttp", R.TOOL),
    ("MobileSMS/1.0 CFNetwork/1568.300.101 Darwin/24.2.0", "Apple URL Loading System", R.TOOL),
    ("", "", R.NO_AGENT),
    ("   ", "", R.NO_AGENT),
]


@pytest.mark.parametrize("agent", PEOPLE)
def test_people(agent: str) -> None:
    assert Bots().judge("GET", {b"user-agent": agent.encode()}) == ("", ())


@pytest.mark.parametrize(("agent", "name", "reason"), MACHINES, ids=[row[0] for row in MACHINES])
def test_machines(agent: str, name: str, reason: BotReason) -> None:
    assert Bots().judge("GET", {b"user-agent": agent.encode()}) == (name, (reason,))


def test_nothing_at_all_is_no_browser() -> None:
    assert Bots().judge("GET", {}) == ("", (R.NO_AGENT,))


@pytest.mark.parametrize(
    ("header", "value", "found"),
    [
        (b"sec-purpose", b"prefetch", True),
        (b"sec-purpose", b"prefetch;prerender", True),
        (b"sec-purpose", b"Prefetch;anonymous-client-ip", True),
        (b"purpose", b"prefetch", True),
        (b"x-purpose", b"preview", True),
        (b"x-moz", b"prefetch", True),
        (b"purpose", b"", False),
        (b"sec-fetch-mode", b"navigate", False),
    ],
)
def test_prefetching(header: bytes, value: bytes, found: bool) -> None:
    _, reasons = Bots().judge("GET", {b"user-agent": PEOPLE[0].encode(), header: value})
    assert reasons == ((R.PREFETCH,) if found else ())


def test_every_reason_is_told() -> None:
    headers = {b"user-agent": b"WhatsApp/2", b"purpose": b"prefetch", b"x-moz": b"prefetch"}
    assert Bots().judge("HEAD", headers) == ("WhatsApp", (R.PREVIEW, R.HEAD, R.PREFETCH))


def test_what_is_remembered_is_bounded() -> None:
    bots = Bots()
    for n in range(2 * REMEMBERED):
        bots.agent(b"%d" % n * 1000)
    assert len(bots) == REMEMBERED
    assert bots.agent(b"x" * LONGEST + b"bot") == bots.agent(b"x" * LONGEST), "what is that long is no browser's"


def test_the_table_says_since_when_and_where_from() -> None:
    table = json.loads(files("engine.web").joinpath("bots.json").read_text(encoding="utf-8"))
    assert date.fromisoformat(table["as_of"])
    assert table["list"].startswith("https://")
    for one in table["agents"]:
        assert one["source"] == "list" or one["source"].startswith(("https://", "http://"))
        assert one["contains"] == [word.lower() for word in one["contains"]]
        assert one["kind"] in ("preview", "scanner", "crawler", "tool")
