"""In which encoding a file's words are. Chinese desks write GBK (of which GB18030 is the whole) and UTF-8, and say so seldom."""

from pathlib import Path

SCAN_BYTES = 8 * 1024 * 1024
_NAMES = {
    "utf8": "UTF-8", "utf-8": "UTF-8", "65001": "UTF-8", "gbk": "GB18030", "gb2312": "GB18030", "gb18030": "GB18030", "936": "GB18030",
    "cp936": "GB18030", "ansi 936": "GB18030", "ansi_936": "GB18030", "oem 936": "GB18030", "big5": "BIG5", "950": "BIG5", "cp950": "BIG5",
    "ansi 950": "BIG5", "iso-8859-1": "LATIN1", "iso8859-1": "LATIN1", "iso 88591": "LATIN1", "88591": "LATIN1",
}  # fmt: skip
KNOWN = ("UTF-8", "GB18030", "BIG5")
_LDID = {0x4D: "GB18030", 0x4F: "BIG5", 0x78: "BIG5", 0x7A: "GB18030"}  # language driver of a DBF, byte 29


def named(text: str) -> str:
    """Return the encoding that a .cpg file, a code page or a person names; empty when it is none we know."""
    return _NAMES.get(text.strip().lower().removeprefix("cp "), "")


def fits(raw: bytes, encoding: str) -> bool:
    """Say whether bytes are words in the encoding; a character that was cut at the end counts as whole."""
    for cut in range(4):
        try:
            raw[: len(raw) - cut].decode(encoding)
        except UnicodeDecodeError as error:
            if error.start < len(raw) - cut - 4:
                return False
        else:
            return True
    return False


def guess(raw: bytes) -> tuple[str, str]:
    """Return (encoding, how): how is bom, ascii, content or mixed."""
    if raw.startswith(b"\xef\xbb\xbf"):
        return "UTF-8", "bom"
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "UTF-16", "bom"
    if raw.isascii():
        return "UTF-8", "ascii"
    if fits(raw, "utf-8"):
        return "UTF-8", "content"
    if fits(raw, "gb18030"):
        return "GB18030", "content"
    lines = [line for line in raw.split(b"\n") if not line.isascii()]
    as_utf8 = sum(fits(line, "utf-8") for line in lines)
    return ("UTF-8" if as_utf8 * 2 > len(lines) else "GB18030"), "mixed"


def of_dbf(path: Path) -> tuple[str, str]:
    """Return (encoding, how) of a shapefile's table: .cpg, else the table's own mark, else its words.

    What is said is believed only when the words bear it: programs write a .cpg of UTF-8 beside words in GBK.
    """
    with path.with_suffix(".dbf").open("rb") as source:
        head = source.read(32)
        length = int.from_bytes(head[8:10], "little") if len(head) >= 12 else 0
        names = source.read(max(0, length - 32))
        width = max(1, int.from_bytes(head[10:12], "little")) if len(head) >= 12 else 1
        body = source.read(SCAN_BYTES)
    # One record a line, so that one bad row does not speak for all.
    words = b"\n".join([names[i : i + 11].split(b"\0")[0] for i in range(0, len(names) - 11, 32)]
                       + [body[i : i + width].strip() for i in range(0, len(body), width)])  # fmt: skip
    found, how = guess(words)
    cpg = path.with_suffix(".cpg")
    said = named(cpg.read_text("ascii", "replace")[:40]) if cpg.exists() else ""
    if said and (how == "ascii" or said == found or fits(words, said.lower())):
        return said, "cpg"
    if said and how != "mixed":
        return found, "cpg_wrong"
    mark = _LDID.get(head[29]) if len(head) > 29 else None
    if mark and how in ("ascii", "mixed"):
        return mark, "mark"
    return found, how


def decoded(value: str, encoding: str) -> str | None:
    """Return a value that was read byte by byte (as Latin 1) in its true encoding; None when it is not in it.

    A last character that the width of the column cut in two is left out.
    """
    if value.isascii():
        return value
    raw = value.encode("latin-1", "replace")
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        if error.start >= len(raw) - 3 and len(raw) >= 10:
            return raw[: error.start].decode(encoding, "ignore")
        return None
