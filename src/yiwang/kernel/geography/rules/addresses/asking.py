"""What to look up for an address: stretches that may be names, and how they sound or may be mistyped."""

from dataclasses import dataclass, field
from itertools import pairwise

from yiwang.kernel.geography.rules.addresses import sounds
from yiwang.kernel.geography.rules.addresses.model import Part, PartKind, Reading
from yiwang.kernel.geography.rules.addresses.numerals import names_in_characters, names_in_figures
from yiwang.kernel.geography.rules.addresses.reading import read

READ_LETTERS = 60  # of the folded text
MIN_NAME, MAX_NAME, MAX_HEARD = 2, 20, 12
NAMES = (PartKind.ROAD, PartKind.LANE, PartKind.ZONE, PartKind.POI, PartKind.COMMUNITY, PartKind.STREET, PartKind.DISTRICT)
TAIL = (PartKind.LANE, PartKind.NUMBER, PartKind.BUILDING)
DETAIL = (*TAIL, PartKind.UNIT, PartKind.FLOOR, PartKind.ROOM, PartKind.RELATION, PartKind.CROSSING, PartKind.LINK)


@dataclass(frozen=True, slots=True)
class Spot:
    """Where in the folded text a key was taken from, and how: "same", "heard", or letters "left out" of what was typed."""

    start: int
    end: int
    how: str = "same"


@dataclass(slots=True)
class Ask:
    """One address with its folded letters; `keys` are looked up first, `loose` when a name was not found."""

    reading: Reading
    letters: str
    parts: list[Part] = field(default_factory=list)  # positions in `letters`
    keys: dict[str, list[Spot]] = field(default_factory=dict)
    loose: dict[str, list[Spot]] = field(default_factory=dict)

    def first(self, *kinds: PartKind, since: int = 0) -> Part | None:
        return next((p for p in self.parts if p.kind in kinds and p.start >= since), None)


def ask(text: str) -> Ask:
    """Read an address and say which names to look up. Only the first 60 letters count."""
    reading = read(text)
    letters, at = "", []
    for c in reading.text:
        at.append(len(letters))
        if c.isalnum() and len(letters) < READ_LETTERS:
            letters += c.lower()[:1]
    at.append(len(letters))
    found = Ask(reading, letters)
    found.parts = [Part(p.kind, p.text, at[p.start], at[p.end], p.value) for p in reading.parts if at[p.start] < at[p.end]]
    for start in range(len(letters)):
        for end in range(start + MIN_NAME, min(start + MAX_NAME, len(letters)) + 1):
            stretch = letters[start:end]
            if not stretch.isdecimal():
                found.keys.setdefault(stretch, []).append(Spot(start, end))
    for part in found.parts:
        if part.kind in NAMES:
            name = letters[part.start : part.end]
            for other in (names_in_figures(name), names_in_characters(name)):
                if other != name:
                    found.keys.setdefault(other, []).append(Spot(part.start, part.end))
    return found


def ask_loosely(asked: Ask, covered: list[tuple[int, int]]) -> None:
    """Fill `loose` for the names that nothing found so far covers: as they sound, and with one letter wrong, missing or too many."""
    names = [p for p in asked.parts if p.kind in NAMES]
    stretches = {(p.start, p.end) for p in names}
    stretches |= {(a.start, b.end) for a, b in pairwise(names) if a.end == b.start}
    for start, end in sorted(stretches):
        if any(s <= start and end <= e for s, e in covered):
            continue
        for s in range(start, end):
            for e in range(s + MIN_NAME, min(end, s + MAX_HEARD) + 1):
                heard = asked.letters[s:e]
                is_whole = (s, e) == (start, end)
                for way in sounds.ways(heard):
                    asked.loose.setdefault(way, []).append(Spot(s, e, "heard"))
                if is_whole or e - s >= MIN_NAME + 1:
                    asked.loose.setdefault(heard, []).append(Spot(s, e))
        name = asked.letters[start:end]
        if 3 <= len(name) <= 16:
            for n, letter in enumerate(name):
                if not letter.isdecimal():
                    asked.loose.setdefault(name[:n] + name[n + 1 :], []).append(Spot(start, end, "left out"))
