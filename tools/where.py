"""`./dev where TERM`: from a word, Chinese or English, to the lines of code that carry it."""

from __future__ import annotations

import re
import signal
import sys
from pathlib import Path
from typing import Any

from tools.checks import REPO_DIR, SOURCE, chinese_names, glossary, locate, python_files, relative

MOST = 25


def matching(term: str, terms: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the entries that a word means: exactly, else those whose names contain it."""
    low = term.lower()
    exact = {k: e for k, e in terms.items() if low == k.replace("_", " ") or low == k or term in chinese_names(e)}
    return exact or {
        k: e
        for k, e in terms.items()
        if low in k or any(term in zh for zh in chinese_names(e)) or low in e.get("not", [])
    }


def mentions(words: list[str], source: Path = SOURCE) -> list[tuple[Path, int, str]]:
    """Return lines of our code, shipped matters and tests that hold one of the words, tests last."""
    pattern = re.compile("|".join(map(re.escape, words)))
    found = []
    tests = [*sorted(source.rglob("test_*.py")), *sorted((REPO_DIR / "tests").rglob("test_*.py"))]
    for file in [*python_files(source), *sorted(source.glob("**/matters/**/*.toml")), *tests]:
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            if pattern.search(line):
                found.append((file, number, line.strip()))
    return found


def main(arguments: list[str]) -> int:
    if not arguments:
        print("Name a term: ./dev where 立案", file=sys.stderr)
        return 2
    term = " ".join(arguments)
    entries = matching(term, glossary())
    words = [term]
    for name, entry in entries.items():
        print(f"{entry['zh']}  {name}\n  {entry['means']}")
        if entry.get("source"):
            print(f"  source: {entry['source']}")
        if entry.get("not"):
            print(f"  not: {', '.join(entry['not'])}")
        for dotted in entry.get("code", []):
            if place := locate(dotted):
                print(f"  {relative(place[0])}:{place[1]}  {dotted}")
        words += chinese_names(entry)
    lines = mentions(sorted(set(words)))
    if lines:
        print(f"\nLines that name it ({len(lines)}):")
        for file, number, line in lines[:MOST]:
            print(f"  {relative(file)}:{number}: {line[:140]}")
        if len(lines) > MOST:
            print(f"  ... and {len(lines) - MOST} more")
    if not entries and not lines:
        print(f"Nothing is called {term} here. The terms stand in docs/glossary.toml.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `| head` is no error
    sys.exit(main(sys.argv[1:]))
