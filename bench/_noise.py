"""Addresses as people say them: one true place, written wrong in a known way."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from random import Random

from yiwang.kernel.geography.rules.addresses.bearings import moved
from yiwang.kernel.geography.rules.addresses.numerals import characters_of
from yiwang.kernel.geography.rules.addresses.sounds import FIRST, LAST, of_letter


@dataclass(frozen=True, slots=True)
class Place:
    """A true place: a plate has road and number, a crossing two roads, a landmark its name alone."""

    kind: str
    name: str
    road: str
    number: int
    other: str
    lon: float
    lat: float
    area: str = ""  # 聊城市东昌府区柳园街道


@dataclass(frozen=True, slots=True)
class Said:
    noise: str
    text: str
    lon: float
    lat: float
    place: Place


@cache
def _alike() -> dict[tuple[str, ...], list[str]]:
    """Common letters (GB 2312, first level) by their sound."""
    found: dict[tuple[str, ...], list[str]] = {}
    for code in range(FIRST, LAST + 1):
        letter = chr(code)
        try:
            common = letter.encode("gb2312")[0] < 0xD8
        except UnicodeEncodeError:
            continue
        if common:
            found.setdefault(of_letter(letter), []).append(letter)
    return found


def homophone(name: str, rng: Random) -> str:
    """Exchange one letter for another that sounds alike; the name's last letter (路, 街) stays."""
    at = [n for n, c in enumerate(name[:-1]) if len(_alike().get(of_letter(c), ())) > 1 and not c.isdecimal()]
    if not at:
        return ""
    n = rng.choice(at)
    return name[:n] + rng.choice([c for c in _alike()[of_letter(name[n])] if c != name[n]]) + name[n + 1 :]


def wrong_letter(name: str, rng: Random) -> str:
    n = rng.randrange(len(name) - 1)
    return name[:n] + rng.choice("的一是不了在人有我他这个们中来上大为和国地") + name[n + 1 :]


def variants(place: Place, rng: Random) -> Iterator[Said]:
    """Yield the place said in each way that fits its kind."""

    def said(noise: str, text: str, lon: float = place.lon, lat: float = place.lat) -> Said:
        return Said(noise, text, lon, lat, place)

    word, wind = rng.choice((("东", "E"), ("西", "W"), ("南", "S"), ("北", "N")))
    far = rng.choice((20, 30, 50))
    if place.kind == "address":
        road, number = place.road, f"{place.number}号"
        yield said("as registered", place.name)
        yield said("with all areas", "山东省" + place.area + place.name)
        yield said("spaces, full width", f" {road}　{''.join(chr(ord(c) + 0xFEE0) for c in str(place.number))}号")
        yield said("number in characters", f"{road}{characters_of(place.number)}号")
        yield said("without 号", f"{road}{place.number}")
        yield said("a letter sounds alike", f"{homophone(road, rng)}{number}" if homophone(road, rng) else "")
        yield said("a letter wrong", wrong_letter(road, rng) + number)
        yield said("house, unit, room", f"{place.name}{rng.randint(1, 9)}号楼{rng.randint(1, 4)}单元{rng.randint(1, 6)}0{rng.randint(1, 4)}室")
        yield said("words of place", f"{place.name}{rng.choice(('对面', '门口', '旁边', '院内'))}有一处积水")
        yield said("metres from it", f"{place.name}往{word}{far}米", *moved(place.lon, place.lat, wind, far))
    elif place.kind == "crossing":
        one, other = place.road, place.other
        yield said("as registered", place.name)
        yield said("roads exchanged", f"{other}和{one}交叉口")
        yield said("no word between", f"{one}{other}路口")
        yield said("a letter sounds alike", f"{homophone(one, rng) or one}与{other}路口")
        yield said("metres from it", f"{one}与{other}交叉口{word}{far}米", *moved(place.lon, place.lat, wind, far))
    else:
        yield said("as registered", place.name)
        yield said("with all areas", place.area + place.name)
        yield said("a letter sounds alike", homophone(place.name, rng))
        yield said("a letter wrong", wrong_letter(place.name, rng))
        yield said("metres from it", f"{place.name}{word}侧{far}米", *moved(place.lon, place.lat, wind, far))
