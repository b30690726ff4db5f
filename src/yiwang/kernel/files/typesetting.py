"""PDF by typst, for every room that prints: no browser, no network; data goes in as JSON and is never read as markup."""

import json
from collections.abc import Iterable
from functools import cache
from typing import Any

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
    import typst  # 30 MB that a process needs once somebody prints

    return choose(str(name) for name in typst.Fonts(include_system_fonts=True).families())


def typeset(source: bytes, data: dict[str, Any], family: str) -> bytes:
    """Return the PDF of a sheet's source, filled with data, in a family that `font` found."""
    import typst

    made: bytes = typst.compile(source, format="pdf", sys_inputs={"data": json.dumps(data, ensure_ascii=False), "font": family})
    return made
