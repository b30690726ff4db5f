"""PDF by typst: no browser, no network; data goes in as JSON, so no text of a case is ever read as markup."""

import io
from importlib.resources import files
from typing import Any

import segno

from yiwang.kernel.files.typesetting import FAMILIES, choose, font, typeset
from yiwang.kernel.paper.errors import NoFont

__all__ = ["FAMILIES", "choose", "font", "pdf", "qr_svg"]

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
    if not (family := font()):
        raise NoFont
    return typeset(files("yiwang.kernel.paper").joinpath(f"sheets/{sheet}.typ").read_bytes(), data, family)
