"""What a test shows is what happens: the same steps, played and then done on the sandbox through the command line."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from engine.testing.conversations.conversation import play
from engine.testing.conversations.suite import Suite
from shop import Shop

PHONE = "+14155550123"
TEXTS = ["join please", "code red", "Stop.", "stop", "code blue", "HELP", "yes", "código", ""]
KEYWORDS = """\
keywords:
  join: {words: [JOIN], reply: welcome, set: {club: true}, subscribe: true, emit: joined}
  code: {words: [code], reply: said}
"""
SAID = '---\npurpose: reply\nsender: main\n---\nYou said {{ event.body | default: "nothing" }}\n'
