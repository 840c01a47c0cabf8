"""Runs `engine` in processes forked from one that has imported it: processes like any other, but for the imports' time.

As a script it is that one process, which forks for each call until whoever started it has ended.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

ROOMS = ("engine", "engine_sandbox", "engine_twilio", "engine_phonenumbers", "engine_shortlinks", "engine_mms")


def run(
    words: Sequence[str], *, cwd: Path, variables: Mapping[str, str], timeout: float
) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end, without input. Raises TimeoutError, having killed it, after `timeout` seconds."""
    ours, theirs = socket.socketpair()
    with (
        ours,
        ours.makefile("rw", encoding="utf-8") as talk,
        tempfile.TemporaryFile("w+", encoding="utf-8") as out,
        tempfile.TemporaryFile("w+", encoding="utf-8") as err,
    ):
        with theirs:
            socket.send_fds(_warm(), [b"!"], [theirs.fileno(), out.fileno(), err.fileno()])
        print(json.dumps({"words": words, "cwd": str(cwd), "variables": dict(variables)}), file=talk, flush=True)
        pid = int(talk.readline())
        ours.settimeout(timeout)
        try:
            code = int(talk.readline())
        except TimeoutError:
            os.kill(pid, signal.SIGKILL)
            raise
        for file in (out, err):
            file.seek(0)
        return subprocess.CompletedProcess(words, code, out.read(), err.read())


@cache
def _warm() -> socket.socket:
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, __file__, str(theirs.fileno())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
        )

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours


def _import_everything() -> None:
    for room in ROOMS:
        for module in pkgutil.walk_packages(importlib.import_module(room).__path__, f"{room}."):
            if not module.name.startswith(("engine.testing", "engine.__main__")):
                with contextlib.suppress(Exception):  # a command that needs it fails as it would without us
                    importlib.import_module(module.name)
    gc.freeze()


def _next_command(control: socket.socket) -> bool:
    """Gives True in the process of each command, which goes on as if it had been started so; False at the end."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # keepers are waited for by nobody
    while (received := socket.recv_fds(control, 1, 3))[0]:
        talk, *outputs = received[1]
        if os.fork() == 0:
            control.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            return _keep(socket.socket(fileno=talk), outputs)
        for number in received[1]:
            os.close(number)
    return False


def _keep(ours: socket.socket, outputs: Sequence[int]) -> bool:
    with ours, ours.makefile("rw", encoding="utf-8") as talk:
        wanted = json.loads(talk.readline())
        if (pid := os.fork()) != 0:
            print(pid, file=talk, flush=True)
            print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), file=talk, flush=True)
            os._exit(0)
    for number, output in enumerate(outputs, 1):
        os.dup2(output, number)
        os.close(output)
    os.chdir(wanted["cwd"])
    os.environ.clear()
    os.environ.update(wanted["variables"])
    time.tzset()
    sys.path[:1] = [wanted["cwd"], *wanted["variables"].get("PYTHONPATH", "").split(os.pathsep)]
    sys.argv = ["engine", *wanted["words"]]
    return True


if __name__ == "__main__":
    _import_everything()
    if _next_command(socket.socket(fileno=int(sys.argv[1]))):
        from engine.cli import main

        main()
