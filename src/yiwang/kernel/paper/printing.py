"""PDF by typst: no browser, no network; data goes in as JSON, so no text of a case is ever read as markup."""

import io
import json
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any

import segno
import typst

from yiwang.kernel.paper.errors import NoFont

# Families that have every character of GB 2312 and the 20,902 of Unicode's first block, the best first. Micro Hei is what
# `./dev up` installs: 1.6 MB. Another one here: only after a look at a printed sheet.
FAMILIES = ("Noto Sans CJK SC", "Source Han Sans SC", "Noto Sans SC", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei")


def choose(installed: Iterable[str]) -> str:
    """Return the family to print with; empty when the machine has none of them."""
    names = set(installed)
    return next((family for family in FAMILIES if family in names), "")


@cache
def font() -> str:
    """Return the family that this machine prints with; looked for once a process."""
    return choose(str(name) for name in typst.Fonts(include_system_fonts=True).families())


def qr_svg(text: str) -> str:
    """Return a QR code that survives a quarter of its area scratched (level Q)."""
    out = io.BytesIO()
    segno.make(text, error="q", micro=False).save(out, kind="svg", border=2, xmldecl=False, svgns=True)
    return out.getvalue().decode()


def pdf(sheet: str, data: dict[str, Any], *, package: str = "yiwang.kernel.paper") -> bytes:
    """Return the PDF of a sheet (`forms`, `plates`), or of another package's own in its folder `sheets`.

    Raises
    ------
    NoFont
        The machine has no Chinese font; boxes in place of words would be printed.
    """
    if not (family := font()):
        raise NoFont
    source = files(package).joinpath(f"sheets/{sheet}.typ").read_bytes()
    made: bytes = typst.compile(source, format="pdf", sys_inputs={"data": json.dumps(data, ensure_ascii=False), "font": family})
    return made
