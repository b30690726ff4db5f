"""PDF by typst: no browser, no network; data goes in as JSON, so no text of a case is ever read as markup."""

import io
import json
from functools import cache
from importlib.resources import files
from typing import Any

import segno
import typst

from yiwang.kernel.paper.errors import NoFont

FAMILY = "Noto Sans CJK SC"


@cache
def _has_font() -> bool:
    return any(FAMILY in str(name) for name in typst.Fonts(include_system_fonts=True).families())


def qr_svg(text: str) -> str:
    """Return a QR code that survives a quarter of its area scratched (level Q)."""
    out = io.BytesIO()
    segno.make(text, error="q", micro=False).save(out, kind="svg", border=2, xmldecl=False, svgns=True)
    return out.getvalue().decode()


def pdf(sheet: str, data: dict[str, Any]) -> bytes:
    """Return the PDF of a sheet (`forms`, `plates`).

    Raises
    ------
    NoFont
        The machine has no Chinese font; boxes in place of words would be printed.
    """
    if not _has_font():
        raise NoFont
    source = files("yiwang.kernel.paper").joinpath(f"sheets/{sheet}.typ").read_bytes()
    made: bytes = typst.compile(source, format="pdf", sys_inputs={"data": json.dumps(data, ensure_ascii=False)})
    return made
