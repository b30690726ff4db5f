"""How names sound (近音): letters of one reading, with the confusions of common dialects taken together.

One key for what is heard alike on the telephone or typed by pinyin: 柳园路, 柳圆路, 刘元路. Tones do not count; zh/z,
ch/c, sh/s, n/l at the beginning and n/ng at the end are one. `yw_geo_sounds` in SQL does the same from the table
`Sound`, so rows loaded by COPY have their keys too.
"""

import os
import re
from collections.abc import Iterator
from functools import lru_cache

# Single letters are enough here: phrases would cost 30 MB in every process, and the database has none.
os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")

VERSION = "1"  # raised when the rule changes: the keys are made anew
MOST_WAYS = 4  # of one name, where letters have two readings
FIRST, LAST = 0x4E00, 0x9FFF  # CJK Unified Ideographs
# Letters that place names use with two readings; of all others the first counts.
TWO_READINGS = "长重行乐朝曾单会都厦大石泊番堡铺蚌洞六尉牟莘阿解盖角什沈盛宿圩峒涌冲车藏广校见洗种查盘调折的地"
_INITIAL = re.compile(r"^(zh|ch|sh|n(?=[aeiouv]))")
_SAME_INITIAL = {"zh": "z", "ch": "c", "sh": "s", "n": "l"}


def plain(reading: str) -> str:
    """Return a reading without what dialects confuse.

    >>> plain("zhang"), plain("niu"), plain("lv"), plain("ping"), plain("er")
    ('zan', 'liu', 'lu', 'pin', 'er')
    """
    found = _INITIAL.sub(lambda m: _SAME_INITIAL[m[0]], reading).replace("v", "u").replace("ü", "u")
    return found[:-1] if found.endswith("ng") else found


@lru_cache(maxsize=30_000)
def of_letter(letter: str) -> tuple[str, ...]:
    """Return the ways one letter sounds; a figure or Latin letter is itself."""
    if not (len(letter) == 1 and FIRST <= ord(letter) <= LAST):
        return (letter,)
    from pypinyin import Style, pinyin

    readings = pinyin(letter, style=Style.NORMAL, heteronym=True, errors="ignore")
    if not readings:
        return (letter,)
    taken = readings[0] if letter in TWO_READINGS else readings[0][:1]
    return tuple(dict.fromkeys(plain(r) for r in taken))[:3]


def ways(folded: str) -> list[str]:
    """Return the keys under which a folded name is found by ear, at most four.

    >>> ways("柳园路") == ways("刘圆璐")
    True
    >>> set(ways("长桥路")) & set(ways("常桥路")) != set()
    True
    """
    made = [""]
    for letter in folded:
        sounds = of_letter(letter)
        if len(sounds) == 1 or len(made) * len(sounds) > MOST_WAYS:
            sounds = sounds[:1]
        made = [m + s + " " for m in made for s in sounds]
    return made


def table() -> Iterator[tuple[str, list[str]]]:
    """Yield each letter with its sounds, for the table `Sound`."""
    for code in range(FIRST, LAST + 1):
        letter = chr(code)
        sounds = of_letter(letter)
        if sounds != (letter,):
            yield letter, list(sounds)
