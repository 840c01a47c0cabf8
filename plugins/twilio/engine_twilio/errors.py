"""Says what Twilio's refusals and silences mean: for a message that was to be sent, and for a question."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TypeAlias

from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.http.response import Response

from engine import ChangeRefused, CredentialsRefused, ProviderUnavailable, SendError, SendOutcome, SendScope
from engine_twilio.error_codes import CodeClass, error_codes
from engine_twilio.transport import NeverLeftError, WireError

Refusal: TypeAlias = TwilioRestException | TwilioServiceException

OPTED_OUT = "21610"
FULL_QUEUE = timedelta(minutes=5)
"""How long to leave a number whose queue is full. Twilio holds up to ten hours of segments a number."""

SCOPES = {
    CodeClass.RECIPIENT: SendScope.RECIPIENT,
    CodeClass.CONTENT: SendScope.CONTENT,
    CodeClass.SENDER: SendScope.SENDER,
}


def refused(error: Refusal, answer: Response | None, now: datetime) -> SendError:
    """Gives what an answer other than 2xx to a create-message call means. The code decides before the status does."""
    status = error.status
    code = str(error.code)
    words = _words(error)
    known = error_codes("send").get(code)
    if known is not None:
        return _by_class(known.code_class, code, words, answer, now)
    if status == 429:
        return SendError(code, SendOutcome.NOT_SENT, words, retry_after=retry_after(answer, now))
    if status == 401:
        return SendError(code, SendOutcome.NOT_SENT, words, scope=SendScope.SENDER, credentials=True)
    # A redirect never comes from this call, so something in between answered, and 303 would mean that the request was
    # processed. 408 is a gateway's, which may have passed the request on.
    if status >= 500 or status < 400 or status == 408:
        return SendError(code, SendOutcome.UNKNOWN, words)
    if not _from_twilio(answer):
        return SendError(
            f"http-{status}", SendOutcome.NOT_SENT, f"not Twilio's answer: {words}", scope=SendScope.SENDER
        )
    return SendError(code, SendOutcome.REJECTED, words)


def unanswered(error: WireError) -> SendError:
    """Gives what it means for a message that no usable answer came."""
    outcome = SendOutcome.NOT_SENT if isinstance(error, NeverLeftError) else SendOutcome.UNKNOWN
    return SendError(error.code, outcome, str(error))


def retry_after(answer: Response | None, now: datetime) -> timedelta | None:
    """Gives what the header Retry-After asks for, in either form of RFC 9110 section 10.2.3; None without one."""
    value = answer.headers.get("retry-after") if answer is not None and answer.headers is not None else None
    if value is None:
        return None
    if value.isascii() and value.isdigit():
        return timedelta(seconds=min(int(value), 86_400))
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max(moment - now, timedelta()), timedelta(days=1))


@contextmanager
def asking(what: str) -> Iterator[None]:
    """Turns every failure to read something at Twilio into ProviderUnavailable, or CredentialsRefused."""
    try:
        yield
    except WireError as error:
        raise ProviderUnavailable(f"{what}: {error}") from error
    except (TwilioRestException, TwilioServiceException) as error:
        raise _unavailable(what, error.status, str(error.code), _words(error)) from error
    except TwilioException as error:
        # A page of a list that is not 200 raises this base class, with the answer as its second argument.
        answer = error.args[1] if len(error.args) > 1 else None
        if not isinstance(answer, Response):
            raise ProviderUnavailable(f"{what}: {error}") from error
        body = _body(answer)
        code = str(body.get("code", answer.status_code))
        raise _unavailable(what, answer.status_code, code, str(body.get("message", ""))) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ProviderUnavailable(f"{what}: Twilio's answer cannot be read") from error


@contextmanager
def changing(what: str) -> Iterator[None]:
    """Turns every failure to change something at Twilio into ChangeRefused, where that change alone was refused, or
    into ProviderUnavailable and CredentialsRefused."""
    try:
        with asking(what):
            yield
    except ProviderUnavailable as error:
        if isinstance(error.__cause__, Refusal) and _is_about_the_change(error.__cause__):
            raise ChangeRefused(error.message) from error
        raise


def _is_about_the_change(error: Refusal) -> bool:
    # Where the client finds no code of Twilio's, so that something in between answered, it takes the status for one.
    code = str(error.code)
    return (
        400 <= error.status < 500
        and error.status not in (401, 408, 429)
        and code not in (str(error.status), "20003", "20429")
    )


def _by_class(kind: CodeClass, code: str, words: str, answer: Response | None, now: datetime) -> SendError:
    if kind is CodeClass.DOUBT:
        return SendError(code, SendOutcome.UNKNOWN, words)
    if kind is CodeClass.RETRY:
        return SendError(code, SendOutcome.NOT_SENT, words, retry_after=retry_after(answer, now))
    if kind is CodeClass.DELAYED_RETRY:
        wait = retry_after(answer, now) or FULL_QUEUE
        return SendError(code, SendOutcome.NOT_SENT, words, scope=SendScope.SENDER, retry_after=wait)
    scope = SCOPES[kind]
    outcome = SendOutcome.NOT_SENT if scope is SendScope.SENDER else SendOutcome.REJECTED
    return SendError(code, outcome, words, scope=scope, stops=code == OPTED_OUT, credentials=code == "20003")


def _unavailable(what: str, status: int, code: str, words: str) -> ProviderUnavailable:
    message = f"{what}: Twilio answered {status}, error {code}. {words}".rstrip(". ")
    if status == 401 or code == "20003":
        return CredentialsRefused(message, hint="check account_sid and auth_token, or api_key and api_secret")
    return ProviderUnavailable(message)


def _words(error: Refusal) -> str:
    if isinstance(error, TwilioServiceException):
        return str(error.detail or error.title)
    # The client puts "Unable to create record: " in front of what Twilio said.
    return str(error.msg).partition(": ")[2] or f"HTTP {error.status} without a word"


def _from_twilio(answer: Response | None) -> bool:
    return answer is not None and bool(_body(answer))


def _body(answer: Response) -> dict[str, object]:
    try:
        body = json.loads(answer.text)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
