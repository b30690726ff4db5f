"""The family that sheets are printed with: whichever this machine has of those that were looked at; none is a refusal in words."""

import re
import zlib

import pytest
import typst

from yiwang.kernel.paper import printing
from yiwang.kernel.paper.errors import NoFont

INSTALLED = set(map(str, typst.Fonts(include_system_fonts=True).families()))
FORM = {
    "kind": "case", "serial": "Z0-000001-A", "qr": printing.qr_svg("https://yiwang.example/p/1"),
    "facts": [["案件编号", "云望〔2026〕00001号"], ["地址", "云望市东望区槐荫路12号（近槐荫小学）"]], "steps": [["处置", "市政中心", "2026-11-23 18:00"]],
}  # fmt: skip
WORDS = ("title", "sub", "line", "what", "who", "post", "when", "when-hint", "signature", "foot", "printed", "case-title", "report-title", "step",
         "body", "due", "what-wrong", "where", "plate", "class", "caller")  # fmt: skip
SHEETS = {
    "forms": {"words": dict.fromkeys(WORDS, "断电断网登记表"), "lines": 2, "forms": [FORM, FORM | {"kind": "report"}]},
    "plates": {"title": "标牌", "hint": "扫码上报", "plates": [{"qr": FORM["qr"], "code": "K7Q2", "label": "槐荫路12号灯杆", "address": "东望区", "asset": "路灯"}]},
}


def fonts_in(pdf: bytes) -> str:
    """Return the names of the fonts that a PDF carries; its objects lie packed in streams."""
    found = [pdf]
    for packed in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.S):
        try:
            found.append(zlib.decompress(packed))
        except zlib.error:
            continue
    return " ".join(sorted({name.decode() for part in found for name in re.findall(rb"/BaseFont\s*/(\S+)", part)}))


@pytest.mark.parametrize("sheet", sorted(SHEETS))
def test_every_sheet_is_printed_in_each_family_of_this_machine(sheet: str, monkeypatch: pytest.MonkeyPatch) -> None:
    families = [family for family in printing.FAMILIES if family in INSTALLED]
    assert families, "`./dev up` and `./dev test` install one"
    for family in families:
        monkeypatch.setattr(printing, "font", lambda found=family: found)
        made = fonts_in(printing.pdf(sheet, SHEETS[sheet]))
        assert family.replace(" ", "").removesuffix("SC") in made.replace("-", "")
        assert "Libertinus" not in made, "typst's own family steps in where a character is missing"


def test_the_best_that_is_there_is_taken() -> None:
    assert printing.choose(["DejaVu Sans", "WenQuanYi Micro Hei", "Noto Sans CJK SC"]) == "Noto Sans CJK SC"
    assert printing.choose(["DejaVu Sans", "WenQuanYi Micro Hei"]) == "WenQuanYi Micro Hei"
    assert printing.choose(["DejaVu Sans", "Noto Sans CJK JP"]) == "", "Japanese shapes are not ours"


def test_without_one_nothing_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printing, "font", lambda: "")
    with pytest.raises(NoFont) as refused:
        printing.pdf("plates", SHEETS["plates"])
    assert "fonts-wqy-microhei" in refused.value.detail()
