"""Results as JUnit XML, which every CI reads (https://github.com/testmoapp/junitxml: the dialects in use)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from engine.testing.conversations.results import Result
from engine.testing.conversations.text import failure_lines

# XML 1.0 has no way to write these characters, not even escaped (https://www.w3.org/TR/xml/#charsets).
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(results: Iterable[Result]) -> bytes:
    """Gives the document: one suite a file, one case a test, one failure a test that failed, with all its steps."""
    root = Element("testsuites", name="engine test")
    suites: dict[str, list[Result]] = {}
    for result in results:
        suites.setdefault(result.place.file, []).append(result)
    for file, there in suites.items():
        failed = sum(not result.passed for result in there)
        time = f"{sum(result.seconds for result in there):.6f}"
        counts = {"tests": str(len(there)), "failures": str(failed), "errors": "0", "skipped": "0", "time": time}
        suite = SubElement(root, "testsuite", {"name": file, **counts})
        for result in there:
            _case(suite, result)
    for name in ("tests", "failures"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    indent(root)
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _case(suite: Element, result: Result) -> None:
    about = {
        "classname": f"{result.workspace}.{result.place.file.rpartition('/')[2].removesuffix('.yaml')}",
        "name": _text(result.name),
        "file": result.place.file,
        "line": str(result.place.line),
        "time": f"{result.seconds:.6f}",
    }
    case = SubElement(suite, "testcase", about)
    if result.passed:
        return
    first = result.failed[0]
    message = f"step {first.number}: {first.title}: {first.failures[0].what}"
    failure = SubElement(case, "failure", {"type": "expectation", "message": _text(message)})
    failure.text = _text("\n".join(line.text for line in failure_lines(result)))


def _text(text: str) -> str:
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", text)
