"""Reading a mark back out of a file that turned up somewhere."""

import html
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

from yiwang.kernel.files.exports.marks import Mark, find

MOST_BYTES = 400 * 1024 * 1024  # of one part, unpacked
_TAG = re.compile(r"<[^>]*>")


def _texts(path: Path) -> Iterator[str]:
    if zipfile.is_zipfile(path):  # xlsx, ods, docx: whatever somebody made of it
        with zipfile.ZipFile(path) as packed:
            for part in packed.infolist():
                if part.file_size <= MOST_BYTES and part.filename.endswith((".xml", ".rels", ".txt")):
                    text = html.unescape(packed.read(part).decode("utf-8", "replace"))
                    yield text
                    yield _TAG.sub("", text)  # an editor may have split a cell into runs
        return
    raw = path.read_bytes()[:MOST_BYTES]
    for encoding in ("utf-8", "utf-16", "gb18030"):
        yield html.unescape(raw.decode(encoding, "replace")).replace("\\u2063", "\u2063")


def read_marks(path: Path, key: str) -> list[Mark]:
    """Return the marks in a file, signed ones first, each once.

    Raises
    ------
    OSError
        The file cannot be read.
    """
    found: dict[str, Mark] = {}
    for text in _texts(path):
        for mark in find(text, key):
            known = found.get(mark.number)
            if known is None or (mark.genuine and not known.genuine) or (known.genuine is None and mark.genuine is not None):
                found[mark.number] = mark
    return sorted(found.values(), key=lambda m: (not m.genuine, m.number))
