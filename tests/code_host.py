"""A small GitHub and GitLab on this machine: their endpoints for comments on pull requests, as documented.

https://docs.github.com/en/rest/issues/comments, https://docs.github.com/en/rest/pulls/pulls and
https://docs.gitlab.com/api/notes/
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "the-token"
BOT = {"login": "github-actions[bot]", "type": "Bot"}
PERSON = {"login": "mallory", "type": "User"}


@dataclass
class CodeHostServer:
    """What it knows; `seen` lists what it was asked."""

    url: str = ""
    pulls: list[dict[str, Any]] = field(default_factory=list)  # number, head: {sha, label}
    comments: list[dict[str, Any]] = field(default_factory=list)  # id, number, body, user or author
    seen: list[str] = field(default_factory=list)
    refuses: int | None = None
    leads_to: str | None = None

    def pull(self, number: int, label: str, sha: str) -> None:
        """Opens a pull request of a branch, `owner:branch`."""
        self.pulls.append({"number": number, "head": {"sha": sha, "label": label}})

    def says(self, number: int, body: str, **who: Any) -> None:
        """Adds a comment."""
        self.comments.append({"id": len(self.comments) + 1, "number": number, "body": body, **who})

    def bodies(self, number: int) -> list[str]:
        """Gives the comments on a pull request."""
        return [comment["body"] for comment in self.comments if comment["number"] == number]

    def answer(self, method: str, path: str, asked: dict[str, list[str]], document: Any) -> tuple[int, Any]:
        """Gives status and document."""
        if path == "/user":
            return 200, {"id": 7}
        if re.fullmatch(r"/repos/acme/messages/pulls", path):
            (head,) = asked["head"]
            return 200, [pull for pull in self.pulls if pull["head"]["label"] == head]
        if found := re.fullmatch(
            r"/(repos/acme/messages/issues|projects/3/merge_requests)/(\d+)/(comments|notes)", path
        ):
            return self._list_or_add(method, int(found[2]), asked, document, github=found[3] == "comments")
        if found := re.fullmatch(
            r"/(?:repos/acme/messages/issues/comments|projects/3/merge_requests/\d+/notes)/(\d+)", path
        ):
            return self._change(int(found[1]), document)
        return 404, {"message": "Not Found"}

    def _list_or_add(
        self, method: str, number: int, asked: dict[str, list[str]], document: Any, *, github: bool
    ) -> tuple[int, Any]:
        if method == "POST":
            self.says(number, document["body"], **({"user": BOT} if github else {"author": {"id": 7}}))
            return 201, self._shown(self.comments[-1])
        there = [self._shown(comment) for comment in self.comments if comment["number"] == number]
        size, page = int(asked["per_page"][0]), int(asked["page"][0])
        return 200, there[(page - 1) * size : page * size]

    def _change(self, comment_id: int, document: Any) -> tuple[int, Any]:
        comment = next(comment for comment in self.comments if comment["id"] == comment_id)
        comment["body"] = document["body"]
        return 200, self._shown(comment)

    def _shown(self, comment: dict[str, Any]) -> dict[str, Any]:
        return {**comment, "html_url": f"https://github.example/{comment['number']}#{comment['id']}"}


@contextmanager
def code_host() -> Iterator[CodeHostServer]:
    """Serves it on loopback."""
    made = CodeHostServer()

    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            url = urlsplit(self.path)
            made.seen.append(f"{self.command} {url.path}")
            length = int(self.headers.get("Content-Length") or 0)
            document = json.loads(self.rfile.read(length)) if length else None
            token = self.headers.get("Authorization") or self.headers.get("PRIVATE-TOKEN")
            if made.leads_to:
                self.send_response(307)
                self.send_header("Location", made.leads_to + self.path)
                self.end_headers()
                return
            if made.refuses or token not in (f"Bearer {TOKEN}", TOKEN):
                status, answer = made.refuses or 401, {"message": "no"}
            else:
                status, answer = made.answer(self.command, url.path, parse_qs(url.query), document)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        do_GET = do_POST = do_PATCH = do_PUT = _do  # noqa: N815 # the names that http.server calls

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
