"""Personal links of ten base58 characters, drawn by a keyed hash."""

from __future__ import annotations

import hashlib
import hmac
import re

from engine import PluginContext, Shortener, StateUnavailable
from engine_shortlinks.key import load_or_create

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
"""Base58 as Bitcoin has it: no 0, O, I or l, which people misread. Plain GSM-7 characters, one septet each."""

LENGTH = 10
"""At a million live links and a hundred guesses a second, finding one takes 137 years on average."""

CODES = 58**LENGTH
_PAIRS = tuple(a + b for a in ALPHABET for b in ALPHABET)

_RUDE = re.compile(
    r"anal|anus|arse|ass|bitch|caca|cock|coon|cum|cunt|dick|fag|fuck|kkk|merd|nazi|nigg|paki|penis|piss|porn|pussy|puta|pute"
    r"|rape|sex|shit|slut|spic|tits|turd|twat|verga|wank|whore"
)
"""Words, in small letters, that nobody should find in a link from a business. One code in about 500 holds one, and is
drawn again."""


class ShortLinks(Shortener):
    """Makes `https://domain/` and ten characters that nobody can guess, even knowing every message id.

    A code is HMAC-SHA-256 of message id, position and destination, under a key that only this installation has. So
    the same link of the same message always gets the same code, nothing is looked up, and a code never comes to lead
    elsewhere. Two different links meet with a probability of 1 in 4 * 10^17; the core's table refuses the second.
    """

    name = "shortlinks"

    def __init__(self, domain: str, context: PluginContext) -> None:
        super().__init__(domain, context)
        self._keyed: hmac.HMAC | None = None
        if not context.read_only:
            self._keyed = hmac.new(load_or_create(context.state_folder, context.random), digestmod="sha256")

    def shorten(self, url: str, *, message_id: str, position: int) -> str:
        """Gives the short address. Raises StateUnavailable in a read-only context, which has no key."""
        if self._keyed is None:
            raise StateUnavailable("a read-only context makes no short links, only previews of them")
        text = f"{message_id}\0{position}\0{url}"
        drawn = 0
        code = _code(self._keyed, text)
        while _RUDE.search(code.lower()):  # ignoring case takes the pattern seven times as long
            drawn += 1
            code = _code(self._keyed, f"{text}\0{drawn}")
        return f"{self.domain}/{code}"

    def preview(self, url: str) -> str:
        """Gives a stand-in: the same length, ending `abc123`, and never a real code since it begins with 0.

        The three characters after the 0 differ from destination to destination, so that a reader can tell links apart.
        """
        number = int.from_bytes(hashlib.sha256(url.encode()).digest()[:8], "big")
        mark = _PAIRS[number % 3364] + ALPHABET[number // 3364 % 58]
        return f"{self.domain}/0{mark}abc123"


def _code(keyed: hmac.HMAC, text: str) -> str:
    # A copy costs a fraction of a new one, and hashes short texts without letting go of the interpreter's lock.
    mac = keyed.copy()
    mac.update(text.encode())
    number = int.from_bytes(mac.digest(), "big") % CODES
    code = ""
    for _ in range(LENGTH // 2):
        number, pair = divmod(number, 3364)
        code += _PAIRS[pair]
    return code
