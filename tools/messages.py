"""Translations without GNU gettext: Babel compiles every django.po, and tells what is not translated."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from tools.database import REPO_DIR

SOURCE = REPO_DIR / "src" / "yiwang"
PYTHON_KEYWORDS: dict[str, Any] = {
    "_": None, "gettext": None, "gettext_lazy": None, "ngettext": (1, 2), "ngettext_lazy": (1, 2), "N_": None,
    "pgettext": ((1, "c"), 2), "pgettext_lazy": ((1, "c"), 2), "npgettext": ((1, "c"), 2, 3),
}  # fmt: skip
TRANSLATE = re.compile(
    r"""{%\s*(?:translate|trans)\s+(?P<quote>["'])(?P<text>.*?)(?P=quote)"""
    r"""(?:[^%]*?\bcontext\s+["'](?P<context>[^"']+)["'])?[^%]*%}"""
)
UNDERSCORE = re.compile(r"""\b_\((?P<quote>["'])(?P<text>.*?)(?P=quote)\)""")
BLOCK = re.compile(
    r"{%\s*(?:blocktranslate|blocktrans)(?P<head>[^%]*)%}(?P<body>.*?){%\s*endblocktrans(?:late)?\s*%}", re.S
)


def catalogues(root: Path = SOURCE) -> Iterator[Path]:
    """Yield every .po file below a folder."""
    yield from sorted(root.glob("**/locale/*/LC_MESSAGES/*.po"))


def read(path: Path) -> Catalog:
    """Parse one .po file."""
    with path.open("rb") as stream:
        return read_po(stream, locale=path.parts[-3], abort_invalid=True)


def compile_all(root: Path = SOURCE) -> int:
    """Compile the .po files that are newer than their .mo and return how many were."""
    done = 0
    for source in catalogues(root):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        fresh = target.with_suffix(f".{os.getpid()}.tmp")
        with fresh.open("wb") as stream:
            write_mo(stream, read(source))
        fresh.replace(target)
        done += 1
    return done


PLACEHOLDER = re.compile(r"%\((\w+)\)[sdif]|\{(\w*)\}")


def placeholders(*texts: str) -> set[str]:
    """Return the named places of a text: `%(name)s`, `{name}`."""
    return {a or b for text in texts for a, b in PLACEHOLDER.findall(text)}


def used(root: Path = SOURCE) -> Iterator[tuple[Path, int, str | None, str]]:
    """Yield every text that the source asks to translate: file, line, context, text (Python and templates)."""
    for file in sorted(root.rglob("*")):
        parts = set(file.relative_to(root).parts)
        if parts & {"migrations", "tests", "static_built", "__pycache__", "node_modules"}:
            continue
        if file.suffix == ".py":
            yield from _in_python(file)
        elif file.suffix in {".html", ".txt", ".xml"} and "templates" in parts:
            yield from _in_template(file)


def _in_python(file: Path) -> Iterator[tuple[Path, int, str | None, str]]:
    from babel.messages.extract import extract

    with file.open("rb") as stream:
        for line, text, _, context in extract("python", stream, keywords=PYTHON_KEYWORDS):
            for one in text if isinstance(text, tuple) else (text,):
                if one:
                    yield file, line, context, one


def _in_template(file: Path) -> Iterator[tuple[Path, int, str | None, str]]:
    source = file.read_text(encoding="utf-8")
    for pattern in (TRANSLATE, UNDERSCORE):
        for found in pattern.finditer(source):
            context = found.groupdict().get("context")
            yield file, source.count("\n", 0, found.start()) + 1, context, found["text"]
    for found in BLOCK.finditer(source):
        singular, *plural = re.split(r"{%\s*plural\s*%}", found["body"])
        context = re.search(r'context\s+"([^"]+)"', found["head"])
        for body in (singular, *plural):
            text = re.sub(r"{{\s*([\w.]+)[^}]*}}", r"%(\1)s", body.replace("%", "%%") if "{{" in body else body)
            if "trimmed" in found["head"]:
                text = " ".join(line.strip() for line in text.splitlines() if line.strip())
            yield file, source.count("\n", 0, found.start()) + 1, context[1] if context else None, text


if __name__ == "__main__":
    print(f"{compile_all()} catalogues compiled")
    sys.exit(0)
