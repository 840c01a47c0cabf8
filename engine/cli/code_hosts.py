"""The comments of a pull request, at GitHub and at GitLab."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import quote, urlencode, urlsplit

from engine.errors import RepositoryUnavailable, UsageError

SECONDS = 30
PAGE = 100
MOST_PAGES = 50


class CodeHost(ABC):
    """Where the pull request is. Raises RepositoryUnavailable where the host refuses or does not answer."""

    limit: ClassVar[int]
    """Characters that a comment may have."""
    change: ClassVar[str]
    """The method of HTTP that changes a comment."""

    def __init__(self, api: str, headers: Mapping[str, str], run: str) -> None:
        if urlsplit(api).scheme != "https" and urlsplit(api).hostname not in ("127.0.0.1", "localhost"):
            raise UsageError(f"{api!r} is not https: a token is not sent there")
        self._api = api.rstrip("/")
        self._headers = {**headers, "User-Agent": "engine", "Content-Type": "application/json"}
        # A redirect would take the token to another host.
        self._opener = urllib.request.build_opener(_Stay())
        self.run = run
        """The address of the pipeline's run."""

    @abstractmethod
    def number(self) -> int | None:
        """Gives the pull request's number, None where none is open at this commit any more."""

    def put(self, number: int, mark: str, text: str) -> tuple[str, bool]:
        """Changes our comment that begins with a marker, or adds one. Gives its address, and whether it is new."""
        path = self._comments(number)
        for comment in self._pages(path):
            if comment["body"].startswith(mark) and self._is_ours(comment):
                return self._address(number, self._call(self.change, self._one(number, comment), {"body": text})), False
        return self._address(number, self._call("POST", path, {"body": text})), True

    @abstractmethod
    def _comments(self, number: int) -> str:
        """Gives the path of a pull request's comments."""

    @abstractmethod
    def _one(self, number: int, comment: Mapping[str, Any]) -> str:
        """Gives the path of one of them."""

    @abstractmethod
    def _is_ours(self, comment: Mapping[str, Any]) -> bool:
        """True for a comment that a run has made: anybody can begin theirs with our marker."""

    @abstractmethod
    def _address(self, number: int, comment: Mapping[str, Any]) -> str:
        """Gives where a person sees it."""

    def _pages(self, path: str) -> Iterator[Any]:
        for page in range(1, MOST_PAGES + 1):
            found = self._call("GET", f"{path}?{urlencode({'per_page': PAGE, 'page': page})}")
            yield from found
            if len(found) < PAGE:
                return

    def _call(self, method: str, path: str, document: Mapping[str, Any] | None = None) -> Any:
        data = None if document is None else json.dumps(document).encode()
        request = urllib.request.Request(  # noqa: S310 # https or this machine, as checked above
            self._api + path, data=data, method=method, headers=dict(self._headers)
        )
        host = urlsplit(self._api).hostname
        try:
            with self._opener.open(request, timeout=SECONDS) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            error.close()
            raise RepositoryUnavailable(
                f"{host} answers {error.code} to {method} {path.partition('?')[0]}",
                hint="may the token write comments on pull requests?" if error.code in (401, 403, 404) else "",
            ) from error
        except (OSError, ValueError) as error:
            raise RepositoryUnavailable(f"{host} cannot be asked: {error}") from error


class GitHub(CodeHost):
    """GitHub, from the variables and the event of a workflow's run.

    https://docs.github.com/en/actions/reference/workflows-and-actions/variables and
    https://docs.github.com/en/rest/issues/comments; a comment has at most 65,536 characters.
    """

    limit = 65_536
    change = "PATCH"

    def __init__(self, variables: Mapping[str, str], event: Mapping[str, Any]) -> None:
        self._event = event
        self._repository = f"/repos/{_need(variables, 'GITHUB_REPOSITORY')}"
        server = variables.get("GITHUB_SERVER_URL", "https://github.com")
        run = (event.get("workflow_run") or {}).get("id") or variables.get("GITHUB_RUN_ID", "")
        super().__init__(
            variables.get("GITHUB_API_URL", "https://api.github.com"),
            {
                "Authorization": f"Bearer {_need(variables, 'GITHUB_TOKEN')}",
                "Accept": "application/vnd.github+json",
                "X-GitHub-Api-Version": "2022-11-28",
            },
            f"{server}/{variables['GITHUB_REPOSITORY']}/actions/runs/{run}",
        )

    def number(self) -> int | None:
        """Gives the number that the event names. A `workflow_run` of a fork names none: it is looked up by branch, and
        counts only while that is still at the commit that ran."""
        if "pull_request" in self._event:
            return int(self._event["pull_request"]["number"])
        run = self._event.get("workflow_run")
        if not run:
            raise UsageError("the event is neither a pull request nor a workflow_run of one")
        if not run["head_repository"]:  # a fork that is gone
            return None
        head = f"{run['head_repository']['owner']['login']}:{run['head_branch']}"
        path = f"{self._repository}/pulls?{urlencode({'state': 'open', 'head': head})}"
        found = [pull["number"] for pull in self._call("GET", path) if pull["head"]["sha"] == run["head_sha"]]
        return int(found[0]) if found else None

    def _comments(self, number: int) -> str:
        return f"{self._repository}/issues/{number}/comments"

    def _one(self, number: int, comment: Mapping[str, Any]) -> str:  # noqa: ARG002 # their ids are the repository's
        return f"{self._repository}/issues/comments/{comment['id']}"

    def _is_ours(self, comment: Mapping[str, Any]) -> bool:
        return bool(comment["user"]["type"] == "Bot")

    def _address(self, number: int, comment: Mapping[str, Any]) -> str:  # noqa: ARG002 # GitHub says it
        return str(comment["html_url"])


class GitLab(CodeHost):
    """GitLab, from the variables of a merge request's pipeline.

    https://docs.gitlab.com/ci/variables/predefined_variables/ and https://docs.gitlab.com/api/notes/; a note has at
    most 1,000,000 characters.
    """

    limit = 1_000_000
    change = "PUT"

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._requests = f"/projects/{quote(_need(variables, 'CI_PROJECT_ID'), safe='')}/merge_requests"
        self._number = int(_need(variables, "CI_MERGE_REQUEST_IID"))
        self._project = variables.get("CI_PROJECT_URL", "")
        super().__init__(
            _need(variables, "CI_API_V4_URL"),
            {"PRIVATE-TOKEN": _need(variables, "GITLAB_TOKEN")},
            variables.get("CI_PIPELINE_URL", ""),
        )

    def number(self) -> int:
        """Gives the merge request that the pipeline is of."""
        return self._number

    @cached_property
    def _me(self) -> int:
        return int(self._call("GET", "/user")["id"])

    def _comments(self, number: int) -> str:
        return f"{self._requests}/{number}/notes"

    def _one(self, number: int, comment: Mapping[str, Any]) -> str:
        return f"{self._comments(number)}/{comment['id']}"

    def _is_ours(self, comment: Mapping[str, Any]) -> bool:
        return bool(comment["author"]["id"] == self._me)

    def _address(self, number: int, comment: Mapping[str, Any]) -> str:
        return f"{self._project}/-/merge_requests/{number}#note_{comment['id']}"


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        return None


def _need(variables: Mapping[str, str], name: str) -> str:
    value = variables.get(name)
    if not value:
        raise UsageError(
            f"the variable {name} is not set", hint="the pipeline sets it, or has to hand it on as a secret"
        )
    return value
