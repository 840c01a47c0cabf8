"""The process that composes beside the send loop: what it makes, and that nothing depends on it."""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import stranger
from phones import phone
from shop import Shop
from twilio_shop import TwilioShop

from engine.delivery import helper as helper_module
from engine.delivery.halts import Halted
from engine.delivery.helper import Helper
from engine.outbox import Claim, Frozen, Link, Prepared
from engine.types import ConsentNeed, OutboundMessage, Person, Purpose, Sender, SenderKind

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SENDER = Sender("main", SenderKind.SHORT_CODE, "67076")
MANY = 40
"""A full slice: enough to be worth the helper's while."""

WITNESS = """
import os
from engine import hookimpl

@hookimpl
def suppress(message):
    with open("composed-by.log", "a") as log:
        log.write(f"{os.getpid()} {message.to}\\n")
    if os.path.exists("crash"):
        raise RuntimeError("a bug in suppress")
"""

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or len(os.sched_getaffinity(0)) == 1, reason="there is a helper on Linux, beside a loop"
)


def until(holds: Callable[[], bool], seconds: float = 30) -> None:
    """Waits until something holds; fails where it never does."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.05)


def helper_of(run: subprocess.Popen[str]) -> int:
    """Gives the process that a run composes with."""
    children = Path(f"/proc/{run.pid}/task/{run.pid}/children")
    until(lambda: children.read_text().strip() != "")
    (pid,) = children.read_text().split()
    return int(pid)


def is_there(pid: int) -> bool:
    """True while a process runs; not once it only waits to be reaped by whoever takes orphans in."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except FileNotFoundError:
        return False


def queue(shop: Shop, first: int) -> None:
    """Queues a slice for people whom nobody has written to."""
    shop.people({str(n): phone(n) for n in range(first, first + MANY)})
    shop.engine("send", "welcome", "-w", "acme", "--everyone", "--key", "once")


@pytest.fixture
def witnessed(tmp_path: Path) -> Shop:
    """A shop with a plugin that writes down which process composes."""
    shop = stranger.install(tmp_path, "witness", WITNESS)
    shop.write()
    stranger.name_it(shop, "witness")
    shop.engine("apply", "--yes", "--no-refresh")
    return shop


def composers(shop: Shop) -> dict[str, int]:
    """Gives which process composed for each number."""
    lines = (shop.folder / "composed-by.log").read_text().splitlines()
    return {number: int(pid) for pid, number in (line.split() for line in lines)}


def test_a_full_slice_is_composed_beside_the_loop_and_a_single_message_in_it(witnessed: Shop) -> None:
    run = witnessed.start("run")
    helper = helper_of(run)
    queue(witnessed, 0)
    until(lambda: witnessed.states() == {"delivered": MANY})
    assert set(composers(witnessed).values()) == {helper}
    witnessed.engine("send", "code", "-w", "acme", "--to", phone(77), "--data", '{"code": "1"}')
    until(lambda: witnessed.states() == {"delivered": MANY + 1})
    assert composers(witnessed)[phone(77)] == run.pid
    run.terminate()
    _, logged = run.communicate(timeout=60)
    assert run.returncode == 0, logged
    assert not is_there(helper)
    shown = witnessed.engine("preview", "welcome", "-w", "acme", "--person", "3")
    bodies = {message["to"]: message["body"] for message in witnessed.messages()}
    assert bodies[phone(3)].startswith("Hi P3: https://go.acme.example/")
    assert "Hi P3: https://go.acme.example/" in shown


def test_a_bug_in_a_plugin_puts_messages_off_there_too(witnessed: Shop) -> None:
    (witnessed.folder / "crash").touch()
    queue(witnessed, 0)
    witnessed.engine("run", "--drain")
    assert witnessed.states() == {"queued": MANY}
    assert {message["reason"] for message in witnessed.messages()} == {
        "plugin.crashed: the plugin 'witness' failed: RuntimeError: a bug in suppress"
    }


def test_a_worker_without_a_plugin_blames_no_message_there_either(witnessed: Shop) -> None:
    queue(witnessed, 0)
    engine_yaml = witnessed.folder / "config/engine.yaml"
    whole = engine_yaml.read_text()
    engine_yaml.write_text(whole.replace("phonenumbers, ", ""))
    witnessed.engine("run", "--drain", code=9)
    assert witnessed.states() == {"queued": MANY}
    engine_yaml.write_text(whole)
    witnessed.engine("run", "--drain")
    assert witnessed.states() == {"delivered": MANY}


def test_without_it_the_loop_goes_on_alone(twilio: TwilioShop) -> None:
    run = twilio.start("run")
    helper = helper_of(run)
    queue(twilio, 0)
    until(lambda: len(twilio.emulator.accepted_by_to()) == MANY)
    os.kill(helper, signal.SIGKILL)
    queue(twilio, MANY)
    until(lambda: len(twilio.emulator.accepted_by_to()) == 2 * MANY)
    run.terminate()
    _, logged = run.communicate(timeout=60)
    assert run.returncode == 0, logged
    assert logged.count(f"the helper (process {helper}) is gone") == 1
    twilio.check(unaccepted=set())


def test_killed_amid_its_work_it_loses_nothing(twilio: TwilioShop) -> None:
    run = twilio.start("run")
    helper = helper_of(run)
    os.kill(helper, signal.SIGSTOP)
    queue(twilio, 0)
    until(lambda: twilio.states() == {"claimed": MANY})
    os.kill(helper, signal.SIGKILL)
    until(lambda: len(twilio.emulator.accepted_by_to()) == MANY)
    run.terminate()
    run.communicate(timeout=60)
    twilio.check(unaccepted=set())


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_it_ends_with_the_loop(twilio: TwilioShop, number: signal.Signals) -> None:
    run = twilio.start("run")
    helper = helper_of(run)
    queue(twilio, 0)
    until(lambda: len(twilio.emulator.accepted_by_to()) == MANY)
    run.send_signal(number)
    run.communicate(timeout=60)
    until(lambda: not is_there(helper))


def test_a_terminal_s_signal_to_both_is_the_loop_s_to_answer(twilio: TwilioShop) -> None:
    run = twilio.start("run")
    helper = helper_of(run)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(helper, number)
    queue(twilio, 0)
    until(lambda: len(twilio.emulator.accepted_by_to()) == MANY)
    assert is_there(helper)
    run.terminate()
    _, logged = run.communicate(timeout=60)
    assert "is gone" not in logged


def test_a_new_release_reaches_it(twilio: TwilioShop) -> None:
    run = twilio.start("run")
    queue(twilio, 0)
    until(lambda: len(twilio.emulator.accepted_by_to()) == MANY)
    template = twilio.folder / "config/workspaces/acme/templates/welcome.liquid"
    template.write_text(template.read_text().replace("Hi ", "Hello "))
    twilio.engine("apply", "--yes", "--no-refresh")
    queue(twilio, MANY)
    until(lambda: len(twilio.emulator.accepted_by_to()) == 2 * MANY)
    run.terminate()
    run.communicate(timeout=60)
    words = {message["to"]: message["body"].partition(" ")[0] for message in twilio.messages()}
    assert words == {phone(n): "Hi" if n < MANY else "Hello" for n in range(2 * MANY)}


def test_data_too_deep_to_go_there_is_composed_in_the_loop(twilio: TwilioShop) -> None:
    deep = '{"a":' * 600 + "1" + "}" * 600
    twilio.people({str(n): phone(n) for n in range(MANY)})
    twilio.engine("send", "welcome", "-w", "acme", "--everyone", "--data", deep)
    twilio.engine("run", "--drain")
    assert twilio.states() == {"accepted": MANY}


def test_a_drain_ends_well_where_the_end_of_children_is_ignored(twilio: TwilioShop) -> None:
    queue(twilio, 0)
    command = f'trap "" CHLD; exec {sys.executable} -m engine run --drain'
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=twilio.folder,
        env={**os.environ, **twilio.variables},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(twilio.emulator.accepted_by_to()) == MANY


class Silent:
    """A process that takes what it is asked, says nothing, and may be asked at the other end of its line."""

    def __init__(self) -> None:
        ours, self.line = socket.socketpair()
        self.process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        self.helper = Helper(ours, self.process.pid)

    def end(self) -> None:
        """Closes everything."""
        self.helper.close()
        self.line.close()
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


@pytest.fixture
def silent() -> Iterator[Silent]:
    made = Silent()
    yield made
    made.end()


def test_one_that_never_answers_is_ended(silent: Silent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helper_module, "PATIENCE", 0.2)
    assert asyncio.run(silent.helper.compose([], Halted(), "me")) is None
    until(lambda: not is_there(silent.process.pid))
    assert asyncio.run(silent.helper.compose([], Halted(), "me")) is None


def test_an_answer_that_nobody_waited_for_is_no_other_slice_s(silent: Silent) -> None:
    async def ask_twice() -> object:
        first = asyncio.ensure_future(silent.helper.compose([], Halted(), "me"))
        await asyncio.sleep(0.1)
        first.cancel()
        await asyncio.wait({first})
        answer = pickle.dumps(["the first slice's"])
        with suppress(OSError):
            silent.line.sendall(len(answer).to_bytes(4, "big") + answer)
        return await silent.helper.compose([], Halted(), "me")

    assert asyncio.run(ask_twice()) is None


def test_what_goes_there_and_back_is_what_it_was() -> None:
    person = Person("acme", "ada", phone(1), {"first_name": "Ada \U0001f600", "points": 1.5, "tags": ["a", None]})
    link = Link("https://go.acme.example/123456789a", "https://acme.example", 0, NOW + timedelta(days=30))
    frozen = Frozen(phone(1), "US", SENDER, "Hi Ada \x00é", ("https://acme.example/a.png",), "UCS-2", 2, (link,))
    claim = Claim(
        id="m1",
        workspace="acme",
        send=1,
        template="welcome",
        release="r1",
        purpose=Purpose.MARKETING,
        lane="acme/sender/main",
        attempt=1,
        person=person,
        number=None,
        data={"deep": {"er": [1, 2]}},
        event={},
        reply_from=None,
        frozen=frozen,
        created_at=NOW,
        due_at=NOW,
    )
    prepared = Prepared("m1", "host:1:a", 1, frozen, ConsentNeed.SUBSCRIBED, "", ({"gate": "consent"},), "r1", NOW)
    message = OutboundMessage("m1", "acme", 2, phone(1), SENDER, frozen.body, frozen.media, None, 60, "US")
    there = [claim, prepared, message]
    assert pickle.loads(pickle.dumps(there)) == there
