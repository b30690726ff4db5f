"""What an address may mean: names that were found in it, weighed against all that it says."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from yiwang.kernel.geography.contracts import Accuracy, AddressMatch, Evidence
from yiwang.kernel.geography.rules.addresses.asking import DETAIL, NAMES, TAIL, Ask, Spot
from yiwang.kernel.geography.rules.addresses.bearings import between, metres_between, moved
from yiwang.kernel.geography.rules.addresses.model import DoorNumber, Part, PartKind
from yiwang.kernel.geography.rules.addresses.reading import door_number
from yiwang.kernel.geography.rules.folding import fold

BASES = ("road", "estate", "poi", "area")  # what a number can follow
NEAR_NUMBER = 24  # house numbers farther from a known one than this are not guessed
TOGETHER_M = 500.0
_WEIGHT = {
    Accuracy.DOOR: 1.0, Accuracy.CROSSING: 0.98, Accuracy.POI: 0.97, Accuracy.INTERPOLATED: 0.85, Accuracy.ROAD: 0.6, Accuracy.COMMUNITY: 0.5,
    Accuracy.STREET: 0.4, Accuracy.AREA: 0.3,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the index of places, as it was found."""

    key: str
    way: str
    kind: str
    ref: int
    level: int
    name: str
    number: int | None
    rest: str
    other: str
    area_path: str
    lon: float | None
    lat: float | None


@dataclass(frozen=True, slots=True)
class Hit:
    """A row that some stretch of the text names; `quality` 0 to 1."""

    row: Row
    start: int
    end: int
    how: str
    quality: float

    @property
    def weight(self) -> float:
        return self.quality * (self.end - self.start)


@dataclass(slots=True)
class Draft:
    """A candidate while it is weighed."""

    row: Row
    accuracy: Accuracy
    quality: float
    lon: float
    lat: float
    name: str = ""
    spans: list[tuple[int, int]] = field(default_factory=list)
    why: list[Evidence] = field(default_factory=list)


def _judged(spot: Spot, way: str, typed: str, name: str) -> tuple[str, float] | None:
    """Return how a row found under a key says the name, and how sure that is; None where chance alone would do it."""
    size = spot.end - spot.start
    if spot.how == "same" and way in ("name", "alias"):
        return ("exact", 1.0) if way == "name" else ("alias", 0.97)
    if way == "sound" and spot.how == "heard":
        return "sound", 0.88 if size >= 3 else 0.72
    if spot.how == "same" and way == "gap":
        return "typing", max(0.55, 1 - 1.1 / (size + 1))
    if spot.how == "left out" and way in ("name", "alias"):
        return "typing", max(0.5, 1 - 1.2 / size)
    if spot.how == "left out" and way == "gap" and size >= 3:
        folded = fold(name)
        is_one_letter = len(folded) == size and sum(a != b for a, b in zip(typed, folded, strict=True)) == 1
        return "typing", max(0.45, 1 - 1.4 / size) * (1 if is_one_letter else 0.7)
    return None


def hits(asked: Ask, found: Mapping[str, Sequence[Row]]) -> list[Hit]:
    """Return what the text names, without what lies inside a better one."""
    made: dict[tuple[str, int, str, int, int], Hit] = {}
    for keys in (asked.keys, asked.loose):
        for key, spots in keys.items():
            for row in found.get(key, ()):
                for spot in spots:
                    judged = _judged(spot, row.way, asked.letters[spot.start : spot.end], row.name)
                    if judged is None or (keys is asked.keys and judged[1] < 0.9):
                        continue
                    hit = Hit(row, spot.start, spot.end, *judged)
                    one = (row.kind, row.ref, row.name, spot.start, spot.end)
                    if one not in made or made[one].quality < hit.quality:
                        made[one] = hit
    best = sorted(made.values(), key=lambda h: (-h.weight, h.start))[:120]
    kept: list[Hit] = []
    for hit in best:
        if not any(_outdone(hit, other) for other in kept):
            kept.append(hit)
    return kept


def _outdone(one: Hit, other: Hit) -> bool:
    """Tell whether `other` makes `one` idle: it covers more of the same letters, or the same ones better."""
    if other is one or one.start >= other.end or other.start >= one.end:
        return False
    if other.row.ref and (other.row.kind, other.row.ref) == (one.row.kind, one.row.ref):
        return other.weight > one.weight
    covers = other.start <= one.start and one.end <= other.end
    if covers and (other.end - other.start) > (one.end - one.start):
        return other.quality >= one.quality - 0.15 or (other.weight > one.weight + 1 and one.row.kind != "road")
    return other.quality > one.quality and other.end - other.start >= one.end - one.start - 1


def covered(found: Iterable[Hit]) -> list[tuple[int, int]]:
    """Return which stretches are surely named already."""
    return [(h.start, h.end) for h in found if h.quality > 0.9]


def tail_of(asked: Ask, base: Hit, bases: Sequence[Hit]) -> tuple[DoorNumber, int, int] | None:
    """Return the number that belongs to a road, estate or village: the next one after it, unless another road is nearer."""
    parts = [p for p in asked.parts if p.kind in TAIL and p.start >= base.end]
    if not parts:
        return None
    first = parts[0]
    for other in bases:
        nearer = other.start >= base.end and other.end <= first.start
        if nearer and (other.row.kind == "road" or (other.row.kind != "area" and base.row.kind == "area")):
            return None
    run: list[Part] = [first]
    for part in parts[1:]:
        if part.start == run[-1].end:
            run.append(part)
    number = door_number("".join(p.text for p in run))
    return (number, first.start, run[-1].end) if number else None


def doors_wanted(asked: Ask, found: Sequence[Hit]) -> list[tuple[str, int]]:
    """Return (folded name, number) of the door plates to look up, the neighbours of each included by who looks up."""
    bases = [h for h in found if h.row.kind in BASES]
    wanted = []
    for hit in bases:
        tail = tail_of(asked, hit, bases)
        if tail:
            wanted.append((fold(hit.row.name), tail[0].value))
    return list(dict.fromkeys(wanted))


def crossings_wanted(asked: Ask, found: Sequence[Hit]) -> list[tuple[Hit, Hit]]:
    """Return the pairs of roads whose crossing the text may mean; none when a house number follows."""
    roads = sorted((h for h in found if h.row.kind == "road"), key=lambda h: h.start)
    if asked.first(PartKind.NUMBER) and not asked.first(PartKind.CROSSING):
        return []
    pairs = [(a, b) for n, a in enumerate(roads) for b in roads[n + 1 :] if b.start >= a.end and a.row.name != b.row.name]
    return pairs[:6]


def rank(asked: Ask, found: Sequence[Hit], doors: Mapping[str, Sequence[Row]], crossings: Mapping[tuple[str, str], Sequence[Row]], limit: int = 8) -> list[AddressMatch]:
    """Return what the text may mean, best first.

    Parameters
    ----------
    found : from `hits`
    doors : plates by folded name of their road or estate: those asked for and their neighbours
    crossings : crossing rows by the pair of folded road names
    """
    drafts = [*_at_doors(asked, found, doors), *_at_crossings(asked, found, crossings), *_themselves(asked, found)]
    made = [_weighed(asked, d, found, drafts) for d in drafts]
    best: dict[tuple[str, str, float], AddressMatch] = {}
    for match in sorted(made, key=lambda m: (-m.score, -m.level, len(m.name), m.name)):
        best.setdefault((match.name, match.accuracy, round(match.lon, 4)), match)
    ranked = list(best.values())[:limit]
    if len(ranked) > 1 and _is_tie(ranked[0], ranked[1]):
        ranked[0] = replace(ranked[0], ambiguous=True)
    return ranked


def _is_tie(first: AddressMatch, second: AddressMatch) -> bool:
    """Tell whether two places fit the words alike and lie apart."""
    return first.score - second.score < 0.02 and metres_between(first.lon, first.lat, second.lon, second.lat) > 200


def _named(hit: Hit) -> Evidence:
    return Evidence(hit.row.kind, "", hit.row.name, hit.how)


def _at_doors(asked: Ask, found: Sequence[Hit], doors: Mapping[str, Sequence[Row]]) -> Iterable[Draft]:
    bases = [h for h in found if h.row.kind in BASES]
    for hit in bases:
        tail = tail_of(asked, hit, bases)
        if tail is None:
            continue
        number, start, end = tail
        rows = [r for r in doors.get(fold(hit.row.name), ()) if r.number is not None and r.lon is not None and _same_place(hit.row, r)]
        spans = [(hit.start, hit.end), (start, end)]
        same = [r for r in rows if r.number == number.value]
        for row in same:
            how, quality = _same_number(number, row)
            yield Draft(row, Accuracy.DOOR, hit.quality * quality, row.lon or 0, row.lat or 0, row.name, list(spans),
                        [_named(hit), Evidence("number", asked.letters[start:end], row.name, how)])  # fmt: skip
        if not same:
            yield from _between(asked, hit, number, rows, spans)


def _same_place(base: Row, row: Row) -> bool:
    """An area's own plates lie inside it; a road may leave the area where its line is registered."""
    return base.kind != "area" or not row.area_path or row.area_path.startswith(base.area_path)


def _same_number(number: DoorNumber, row: Row) -> tuple[str, float]:
    if row.rest == number.rest:
        return "exact", 1.0
    if not row.rest:
        return "whole", 0.95  # the plate of the whole number, more was typed
    return ("part", 0.85) if not number.rest else ("other-part", 0.8)


def _between(asked: Ask, hit: Hit, number: DoorNumber, rows: Sequence[Row], spans: list[tuple[int, int]]) -> Iterable[Draft]:
    value = number.value
    side = [r for r in rows if r.number is not None and r.number % 2 == value % 2] or list(rows)
    low = max((r for r in side if (r.number or 0) < value), key=lambda r: r.number or 0, default=None)
    high = min((r for r in side if (r.number or 0) > value), key=lambda r: r.number or 0, default=None)
    typed = asked.letters[spans[1][0] : spans[1][1]]
    if low and high and (high.number or 0) - (low.number or 0) <= 2 * NEAR_NUMBER:
        lon, lat = between((low.number or 0, low.lon or 0, low.lat or 0), (high.number or 0, high.lon or 0, high.lat or 0), value)
        apart = (high.number or 0) - (low.number or 0)
        yield Draft(low, Accuracy.INTERPOLATED, hit.quality * (1 - apart / 400), lon, lat, f"{hit.row.name}{value}号", list(spans),
                    [_named(hit), Evidence("number", typed, f"{low.number}–{high.number}", "interpolated")])  # fmt: skip
        return
    near = min((r for r in (low, high) if r), key=lambda r: abs((r.number or 0) - value), default=None)
    if near and abs((near.number or 0) - value) <= NEAR_NUMBER:
        quality = 0.85 - abs((near.number or 0) - value) / 100
        yield Draft(near, Accuracy.INTERPOLATED, hit.quality * quality, near.lon or 0, near.lat or 0, near.name, list(spans),
                    [_named(hit), Evidence("number", typed, near.name, "nearest")])  # fmt: skip


def _at_crossings(asked: Ask, found: Sequence[Hit], crossings: Mapping[tuple[str, str], Sequence[Row]]) -> Iterable[Draft]:
    for a, b in crossings_wanted(asked, found):
        for row in crossings.get((fold(a.row.name), fold(b.row.name)), ())[:3]:
            if row.lon is None or row.lat is None:
                continue
            yield Draft(row, Accuracy.CROSSING, (a.quality * b.quality) ** 0.5, row.lon, row.lat, row.name,
                        [(a.start, a.end), (b.start, b.end)], [_named(a), _named(b)])  # fmt: skip


def _themselves(asked: Ask, found: Sequence[Hit]) -> Iterable[Draft]:
    for hit in found:
        row = hit.row
        if row.lon is None or row.lat is None:
            continue
        accuracy = _accuracy(row)
        yield Draft(row, accuracy, hit.quality, row.lon, row.lat, row.name, [(hit.start, hit.end)], [_named(hit)])


def _accuracy(row: Row) -> Accuracy:
    if row.kind == "area":
        return Accuracy.COMMUNITY if row.level == 5 else Accuracy.STREET if row.level == 4 else Accuracy.AREA
    return {"road": Accuracy.ROAD, "crossing": Accuracy.CROSSING, "address": Accuracy.DOOR}.get(row.kind, Accuracy.POI)


def _weighed(asked: Ask, draft: Draft, found: Sequence[Hit], drafts: Sequence[Draft]) -> AddressMatch:
    """Count how much of the text the candidate explains, and what speaks against it."""
    spans, why, factor = list(draft.spans), list(draft.why), 1.0
    spans += [(p.start, p.end) for p in asked.parts if p.kind in DETAIL and p.kind not in TAIL]
    spans += [(p.start, p.end) for p in asked.parts if p.kind in TAIL and any(e == p.start for _, e in draft.spans) and len(draft.spans) > 1]
    for hit in found:
        if (hit.start, hit.end) in draft.spans:
            continue
        if hit.row.kind == "area" and draft.row.kind != "area":
            if not draft.row.area_path or not hit.row.area_path:
                continue
            if draft.row.area_path.startswith(hit.row.area_path):
                spans.append((hit.start, hit.end))
                why.append(_named(hit))
            elif not any((o.start, o.end) == (hit.start, hit.end) and draft.row.area_path.startswith(o.row.area_path) for o in found if o.row.kind == "area"):
                factor *= 0.65
                why.append(Evidence("area", asked.letters[hit.start : hit.end], hit.row.name, "contradicted"))
        elif _goes_with(draft, hit, drafts):
            spans.append((hit.start, hit.end))
            why.append(_named(hit))
    if len(draft.spans) == 1 and draft.row.kind in BASES:
        base = next((h for h in found if h.row is draft.row), None)
        if base and tail_of(asked, base, [h for h in found if h.row.kind in BASES]):
            factor *= 0.8  # its number stands in the text and was not found
    spans += [(p.start, p.end) for p in asked.parts if p.kind in (PartKind.PROVINCE, PartKind.CITY, PartKind.DISTRICT)]
    lon, lat = draft.lon, draft.lat
    relation = asked.reading.relation
    accuracy = draft.accuracy
    if relation and relation.wind and relation.metres and accuracy not in (Accuracy.STREET, Accuracy.AREA, Accuracy.COMMUNITY, Accuracy.ROAD):
        lon, lat = moved(lon, lat, relation.wind, min(relation.metres, 3000))
        accuracy = Accuracy.RELATIVE
        why.append(Evidence("relation", relation.word, draft.name, "moved"))
    seen = [any(s <= n < e for s, e in spans) for n in range(len(asked.letters))]
    share = sum(seen) / max(1, len(seen))
    why += [Evidence("rest", text, "", "ignored") for text in _runs(asked.letters, seen)]
    why = [e if e.typed or e.how == "ignored" else replace(e, typed=_typed(asked, e, found)) for e in why]
    score = min(1.0, draft.quality * _WEIGHT[draft.accuracy] * (0.5 + 0.5 * share) * factor)
    return AddressMatch(
        draft.name, "road" if draft.row.kind == "road" else draft.row.kind if draft.row.kind != "estate" else "poi", _level(draft), score,
        lon, lat, draft.row.area_path, accuracy.value, tuple(dict.fromkeys(why)),
    )  # fmt: skip


def _typed(asked: Ask, evidence: Evidence, found: Sequence[Hit]) -> str:
    hit = next((h for h in found if h.row.name == evidence.taken and h.row.kind == evidence.part and h.how == evidence.how), None)
    return asked.letters[hit.start : hit.end] if hit else ""


def _level(draft: Draft) -> int:
    return 8 if draft.accuracy is Accuracy.INTERPOLATED else draft.row.level


def _goes_with(draft: Draft, hit: Hit, drafts: Sequence[Draft]) -> bool:
    """Tell whether another name in the text speaks of the same place: a landmark's own road, or what lies close by."""
    if hit.row.kind == "road" and draft.row.other and draft.row.other == fold(hit.row.name):
        return True
    if hit.row.kind in ("road", "area"):
        return any(
            d.accuracy in (Accuracy.DOOR, Accuracy.CROSSING) and (hit.start, hit.end) in d.spans and d is not draft
            and metres_between(d.lon, d.lat, draft.lon, draft.lat) < TOGETHER_M for d in drafts
        )  # fmt: skip
    return hit.row.lon is not None and hit.row.lat is not None and metres_between(hit.row.lon, hit.row.lat, draft.lon, draft.lat) < TOGETHER_M


def _runs(letters: str, seen: Sequence[bool]) -> list[str]:
    runs, run = [], ""
    for letter, is_seen in zip(letters, seen, strict=True):
        if is_seen:
            runs.append(run)
            run = ""
        else:
            run += letter
    return [r for r in (*runs, run) if r]


def likely(asked: Ask, rows: Iterable[tuple[Row, float]], limit: int) -> list[AddressMatch]:
    """Return names that look like the text (likeness 0 to 1), when nothing in it was a name."""
    made = []
    for row, likeness in rows:
        if row.lon is None or row.lat is None:
            continue
        accuracy = _accuracy(row)
        made.append(AddressMatch(
            row.name, row.kind if row.kind != "estate" else "poi", row.level, min(0.6, 0.15 + 0.5 * likeness) * _WEIGHT[accuracy], row.lon, row.lat,
            row.area_path, accuracy.value, (Evidence(row.kind, asked.letters, row.name, "likeness"),),
        ))  # fmt: skip
    ranked = sorted(made, key=lambda m: (-m.score, len(m.name), m.name))[:limit]
    if len(ranked) > 1 and _is_tie(ranked[0], ranked[1]):
        ranked[0] = replace(ranked[0], ambiguous=True)
    return ranked


__all__ = ["NAMES", "Hit", "Row", "covered", "crossings_wanted", "doors_wanted", "hits", "likely", "rank"]
