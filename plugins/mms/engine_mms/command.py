"""`engine media check URL…`: looks at images over the network, because somebody asked."""

from __future__ import annotations

import json

import click

from engine import Finding, Severity, public_network

INVALID = 3  # the engine's exit code for what was checked and found wrong


@click.group()
def media() -> None:
    """Look at the images of MMS.

    \b
    Example:
      engine media check https://cdn.acme.example/welcome.png
    """


@media.command()
@click.argument("urls", metavar="URL...", nargs=-1, required=True)
@click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to print."
)
def check(urls: tuple[str, ...], format_: str) -> int:
    """Fetch images and say whether they will arrive as MMS.

    Only public https addresses are looked at; no redirect is followed, and nothing is read beyond 5 MB or 5 seconds.
    Exit code 3 where one of them will not arrive.

    \b
    Example:
      engine media check https://cdn.acme.example/welcome.png --format json
    """
    from engine_mms.look import look

    network = public_network()
    found = {url: look(url, network) for url in dict.fromkeys(urls)}
    if format_ == "json":
        rows = [{"url": url, "findings": [_row(finding) for finding in findings]} for url, findings in found.items()]
        click.echo(json.dumps({"version": 1, "media": rows}, ensure_ascii=False, indent=2))
    else:
        for url, findings in found.items():
            click.echo(f"{url}: {'fine' if not findings else ''}".rstrip())
            for finding in findings:
                click.echo(f"  {finding.severity.value}: {finding.message} [{finding.code}]")
                if finding.hint:
                    click.echo(f"    hint: {finding.hint}")
    wrong = any(finding.severity is Severity.ERROR for findings in found.values() for finding in findings)
    return INVALID if wrong else 0


def _row(finding: Finding) -> dict[str, str]:
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "message": finding.message,
        "hint": finding.hint,
    }
