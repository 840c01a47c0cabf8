"""What providers and carriers take as MMS. As of 2026-11-23.

Sources: Twilio, "Accepted content types for media" and "MMS size limits", https://www.twilio.com/docs/messaging/guides/accepted-mime-types;
Twilio error 21617 (body over 1,600 characters) and 21623 (more than 10 media).
"""

from __future__ import annotations

AS_OF = "2026-11-23"

COUNTRIES = ("US", "CA", "AU")
"""Only numbers of these countries receive MMS through Twilio."""

CALLING_CODES = ("+1", "+61")
"""Theirs; shared with others (+1 with the Caribbean), so used only where a recipient's country is not known."""

FORMATS = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif"}
"""What a URL's path may end in, and what then has to come from there. Carriers transcode these three."""

MAX_MEDIA = 10
MAX_CHARACTERS = 1_600

MAX_BYTES = 5_000_000
"""Media and text together; Twilio refuses more (error 30019)."""

ADVISED_BYTES = 600_000
"""What every US carrier takes as it is; beyond it AT&T, T-Mobile and Verizon shrink or drop images."""
