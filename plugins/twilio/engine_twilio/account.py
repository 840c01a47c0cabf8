"""Looks at the account before the first message: a few kinds of accounts surprise whoever sends with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twilio.base.exceptions import TwilioRestException

from engine import CredentialsRefused, Finding, ProviderUnavailable, Severity
from engine_twilio.errors import asking

if TYPE_CHECKING:
    from twilio.rest import Client

    from engine_twilio.options import TwilioOptions

TEST_CREDENTIALS = 20008
"""Test credentials may create messages, and get 403 with this code everywhere else.
Source: https://www.twilio.com/docs/iam/test-credentials"""


async def look_at(client: Client, options: TwilioOptions) -> list[Finding]:
    """Gives what is worth knowing of the account, from `GET /Accounts/{sid}.json`. Never raises for Twilio's sake."""
    try:
        with asking("the account"):
            try:
                account = await client.api.v2010.accounts(options.account_sid).fetch_async()
            except TwilioRestException as error:
                if error.code == TEST_CREDENTIALS:
                    return [_test_credentials()]
                raise
    except CredentialsRefused as error:
        return [_refused(error, by_key=options.api_key is not None)]
    except ProviderUnavailable as error:
        return [_warning("twilio.account-unreachable", error.message, "Sending is tried all the same.")]
    findings = []
    if str(account.type) == "Trial":
        findings.append(
            _warning(
                "twilio.trial-account",
                "this is a trial account of Twilio: it texts only numbers that were verified in its console, "
                "and puts a prefix before every text",
                "Upgrade the account. Until then, messages in doubt are held, since their texts differ.",
            )
        )
    if account.status is not None and str(account.status) != "active":
        findings.append(
            Finding(
                "twilio.account-not-active",
                Severity.ERROR,
                f"the Twilio account is {account.status}: it cannot send",
                "Look at the account in Twilio's console.",
            )
        )
    return findings


def _test_credentials() -> Finding:
    return _warning(
        "twilio.test-credentials",
        "these are Twilio's test credentials: messages are checked and accepted, and reach nobody",
        "Send from +15005550006. Use the account's live credentials to reach people.",
    )


def _refused(error: CredentialsRefused, *, by_key: bool) -> Finding:
    if by_key:
        # A standard API key may send and still not read the account: https://www.twilio.com/docs/api/errors/20003
        hint = "A standard API key may not read the account; sending is tried all the same."
        return _warning("twilio.account-unreachable", error.message, hint)
    return Finding("twilio.credentials-refused", Severity.ERROR, error.message, error.hint)


def _warning(code: str, message: str, hint: str) -> Finding:
    return Finding(code, Severity.WARNING, message, hint)
