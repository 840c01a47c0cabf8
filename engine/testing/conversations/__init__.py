"""Conversation tests: what people write, played through the code that answers them, on a clock set by hand."""
