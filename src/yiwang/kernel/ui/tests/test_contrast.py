"""Contrast of the tokens, computed as WCAG 2.2 says: AA in light and dark, AAA for text in large print."""

import re
from pathlib import Path

import pytest

TOKENS = Path(__file__).resolve().parents[5] / "src" / "islands" / "src" / "styles" / "tokens.css"
TONES = ("in-time", "soon", "overdue", "paused", "done")


def _blocks() -> dict[str, dict[str, tuple[str, str]]]:
    source = re.sub(r"/\*.*?\*/", "", TOKENS.read_text(encoding="utf-8"), flags=re.S)
    found: dict[str, dict[str, tuple[str, str]]] = {}
    for selector, body in re.findall(r"([^{}]+)\{([^{}]*)\}", source):
        name = "large" if 'data-print="large"' in selector else "base" if selector.strip() == ":root" else ""
        if not name:
            continue
        for token, value in re.findall(r"--yw-([\w-]+):\s*([^;]+);", body):
            pair = re.match(r"light-dark\((#\w+),\s*(#\w+)\)$", value.strip())
            single = re.match(r"#\w{6}$", value.strip())
            if pair:
                found.setdefault(name, {})[token] = (pair[1], pair[2])
            elif single:
                found.setdefault(name, {})[token] = (value.strip(), value.strip())
    return found


BLOCKS = _blocks()


def colour(token: str, scheme: int, large: bool) -> str:
    if large and token in BLOCKS["large"]:
        return BLOCKS["large"][token][scheme]
    return BLOCKS["base"][token][scheme]


def luminance(hex_colour: str) -> float:
    channels = [int(hex_colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_of_black_on_white_is_21():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("large", [False, True], ids=["normal", "large print"])
@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_text_can_be_read(scheme, large):
    least = 7.0 if large else 4.5
    pairs = [(ink, ground) for ink in ("ink", "ink-2", "accent", "accent-strong") for ground in ("surface", "card")]
    pairs += [("ink", "sunken"), ("ink-2", "sunken"), ("accent-strong", "accent-soft"), ("bar-ink", "bar"), ("bar-ink-2", "bar"),
              ("accent-ink", "accent")]  # fmt: skip
    pairs += [(f"{tone}-ink", ground) for tone in TONES for ground in (f"{tone}-bg", "card", "surface")]
    poor = [f"{a} on {b}: {c:.2f}" for a, b in pairs if (c := contrast(colour(a, scheme, large), colour(b, scheme, large))) < least]
    assert not poor


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_marks_and_borders_of_what_one_presses_can_be_seen(scheme):
    marks = ["line-strong", "focus", *(f"{tone}-line" for tone in TONES)]
    poor = [f"{a} on {b}: {c:.2f}" for a in marks for b in ("card", "surface") if (c := contrast(colour(a, scheme, False), colour(b, scheme, False))) < 3]
    assert not poor
