"""Calls that were delivered can be found by when, to be forgotten."""

from __future__ import annotations

STATEMENTS = ("CREATE INDEX webhook_calls_delivered ON webhook_calls (updated_at) WHERE state = 'delivered'",)
