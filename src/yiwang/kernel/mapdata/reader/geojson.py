"""A GeoJSON file of any length in parts of some thousand features.

GDAL reads GeoJSON from its beginning each time, so asking it for the rows from 400,000 on costs all rows before them. Here the text
is cut between features, and GDAL is given one part after the other.
"""

import codecs
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from yiwang.kernel.mapdata.reader.refusals import Refused

CHUNK = 1 << 20
PART_CHARS = 16 << 20  # a part ends here even when it has few features
_DECODER = json.JSONDecoder()
_SPACE = " \t\r\n"


def as_utf8(path: Path, codec: str, *, rewrite: bool) -> Path:
    """Read a file through to its end as `codec`, and write it beside itself as UTF-8 where that is asked; return what to read.

    Raises
    ------
    Refused
        mixed_encoding: at some byte it is in another one.
    """
    target = path.with_name("utf8.geojson")
    decoder = codecs.getincrementaldecoder(codec)()
    at = 0
    with path.open("rb") as source, (target.open("w", encoding="utf-8") if rewrite else open("/dev/null", "w", encoding="utf-8")) as out:
        while True:
            block = source.read(4 * CHUNK)
            waiting = len(decoder.getstate()[0])
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                raise Refused("mixed_encoding", at=at - waiting + error.start) from error
            if rewrite:
                out.write(text)
            at += len(block)
            if not block:
                return target if rewrite else path


class _Text:
    """The part of a text that is looked at; grows when something in it does not end."""

    def __init__(self, source: TextIO) -> None:
        self.source, self.text, self.at, self.ended = source, "", 0, False

    def more(self) -> bool:
        block = self.source.read(max(CHUNK, len(self.text) - self.at))
        self.text, self.at, self.ended = self.text[self.at :] + block, 0, not block
        return bool(block)

    def sign(self) -> str:
        """Return the next sign that is no space, without taking it; empty at the end."""
        while True:
            while self.at < len(self.text) and self.text[self.at] in _SPACE:
                self.at += 1
            if self.at < len(self.text) or not self.more():
                return self.text[self.at : self.at + 1]

    def value(self) -> str:
        """Take one JSON value and return its text.

        Raises
        ------
        ValueError
            There is none.
        """
        self.sign()
        while True:
            try:
                _found, end = _DECODER.raw_decode(self.text, self.at)
            except (ValueError, RecursionError):
                if not self.more():
                    raise
                continue
            if end == len(self.text) and self.more():
                continue  # a number may go on
            found, self.at = self.text[self.at : end], end
            return found


def parts(path: Path, most: int) -> Iterator[tuple[int, str]]:
    """Yield (number of features, text of a feature collection) of at most `most` features; nothing when it is no collection.

    Raises
    ------
    Refused
        unreadable: the text ends or breaks within the features.
    """
    with path.open(encoding="utf-8-sig") as source:
        text = _Text(source)
        try:
            if not _to_features(text):
                return
            some: list[str] = []
            size = 0
            while (sign := text.sign()) != "]":
                if sign == ",":
                    text.at += 1
                    continue
                one = text.value()
                some.append(one)
                size += len(one)
                if len(some) == most or size > PART_CHARS:
                    yield len(some), _collection(some)
                    some, size = [], 0
            if some:
                yield len(some), _collection(some)
        except (ValueError, RecursionError) as error:
            raise Refused("unreadable", detail="") from error


def _to_features(text: _Text) -> bool:
    """Go to the first of the features; False where there are none."""
    if text.sign() != "{":
        return False
    text.at += 1
    while (sign := text.sign()) not in ("}", ""):
        if sign == ",":
            text.at += 1
            continue
        key = json.loads(text.value())
        if text.sign() != ":":
            return False
        text.at += 1
        if key == "features":
            if text.sign() != "[":
                return False
            text.at += 1
            return True
        text.value()
    return False


def _collection(features: list[str]) -> str:
    return '{"type": "FeatureCollection", "features": [' + ",\n".join(features) + "]}"
