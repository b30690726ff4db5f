"""Definitions as data (TOML or JSON) read into measures, indicators and schemes; every fault is named, none is guessed away."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from yiwang.kernel.indicators.contracts import (
    Aggregate,
    Band,
    Catalogue,
    Consequence,
    Indicator,
    Measure,
    Missing,
    ObjectKind,
    Scheme,
    SchemeItem,
    Source,
)
from yiwang.kernel.indicators.rules import conditions, formulas
from yiwang.kernel.indicators.rules.vocabulary import moments
from yiwang.kernel.process.feel.limits import N_, FeelError

UNITS = ("percent", "count", "minutes", "days", "score")
SCORES = ("value", "inverse", "bands")


class Fault(ValueError):
    """One thing wrong with a definition: where, and a sentence with its facts (translated when shown)."""

    def __init__(self, where: str, message: str, **facts: object) -> None:
        super().__init__(f"{where}: {message % facts if facts else message}")
        self.where, self.message, self.facts = where, message, facts

    def localized(self) -> str:
        from django.utils.translation import gettext as _  # rules need no Django otherwise

        return f"{self.where}: {_(self.message) % self.facts if self.facts else _(self.message)}"


def measure(code: str, body: Mapping[str, Any]) -> Measure:
    """Read one measure. Raises Fault."""
    where = f"measures.{code}"
    source = _one_of(Source, body.get("source"), f"{where}.source")
    on = str(body.get("on", ""))
    if on not in moments(source):
        raise Fault(f"{where}.on", N_("“%(name)s” is not a moment of these facts; there are: %(list)s"), name=on, list=", ".join(moments(source)))
    found = Measure(
        code=code, name=_texts(body, where), source=source, on=on, where=str(body.get("where", "")),
        aggregate=_one_of(Aggregate, body.get("aggregate", "count"), f"{where}.aggregate"), of=str(body.get("of", "")),
        source_note=str(body.get("source_note", "")),
    )  # fmt: skip
    if (found.aggregate is Aggregate.COUNT) == bool(found.of):
        raise Fault(f"{where}.of", N_("a sum, an average or a median says of which number; a count does not"))
    try:
        conditions.counted(found, "v")
    except FeelError as error:
        raise Fault(f"{where}.where", "%(text)s", text=str(error)) from error
    return found


def indicator(code: str, body: Mapping[str, Any], *, version: int = 1, valid_from: date | None = None) -> Indicator:
    """Read one indicator; whether its measures exist is asked by `check`. Raises Fault."""
    where = f"indicators.{code}"
    unit = str(body.get("unit", "percent"))
    if unit not in UNITS:
        raise Fault(f"{where}.unit", N_("one of: %(list)s"), list=", ".join(UNITS))
    formula, function = str(body.get("formula", "")), str(body.get("function", ""))
    if bool(formula) == bool(function):
        raise Fault(where, N_("it has a formula or the name of a function, one of both"))
    if formula:
        try:
            formulas.read(formula)
        except FeelError as error:
            raise Fault(f"{where}.formula", "%(text)s", text=str(error)) from error
    return Indicator(
        code=code, name=_texts(body, where), formula=formula, function=function, unit=unit,
        objects=tuple(_one_of(ObjectKind, o, f"{where}.objects") for o in body.get("objects", ())),
        higher_is_better=bool(body.get("higher_is_better", True)), target=_number(body.get("target"), f"{where}.target"),
        bands=_bands(body.get("bands", ()), f"{where}.bands"), version=version, valid_from=valid_from,
        source_note=str(body.get("source_note", "")),
    )  # fmt: skip


def scheme(code: str, body: Mapping[str, Any], *, version: int = 1, valid_from: date | None = None) -> Scheme:
    """Read one scheme. Raises Fault."""
    where = f"schemes.{code}"
    items = tuple(_item(row, f"{where}.items[{n}]") for n, row in enumerate(body.get("items", ())))
    if not items:
        raise Fault(where, N_("a scheme weighs at least one indicator"))
    if len({i.indicator for i in items}) != len(items):
        raise Fault(where, N_("an indicator is weighed once"))
    if abs(sum(i.weight for i in items) - 100) > 1e-9:
        raise Fault(f"{where}.items", N_("the weights add up to %(sum)s, not to 100"), sum=sum(i.weight for i in items))
    return Scheme(
        code=code, name=_texts(body, where), objects=_one_of(ObjectKind, body.get("objects"), f"{where}.objects"), items=items,
        grades=_bands(body.get("grades", ()), f"{where}.grades"), missing=_one_of(Missing, body.get("missing", "reweigh"), f"{where}.missing"),
        least_share=_number(body.get("least_share", 0.5), f"{where}.least_share") or 0.0, roles=tuple(body.get("roles", ())),
        org_kinds=tuple(body.get("org_kinds", ())),
        consequences=tuple(_consequence(row, f"{where}.consequences[{n}]") for n, row in enumerate(body.get("consequences", ()))), version=version, valid_from=valid_from, source_note=str(body.get("source_note", "")),
    )  # fmt: skip


def check(catalogue: Catalogue) -> list[Fault]:
    """Return what does not hang together: formulas that name no measure, schemes that weigh no indicator."""
    found = []
    for one in catalogue.indicators.values():
        unknown = [n for n in formulas.names(one.formula) if n not in catalogue.measures] if one.formula else []
        found += [Fault(f"indicators.{one.code}.formula", N_("there is no measure “%(name)s”"), name=n) for n in unknown]
    for plan in catalogue.schemes.values():
        missing = [i.indicator for i in plan.items if i.indicator not in catalogue.indicators]
        found += [Fault(f"schemes.{plan.code}.items", N_("there is no indicator “%(name)s”"), name=n) for n in missing]
    return found


def users_of(catalogue: Catalogue, kind: str, code: str) -> list[str]:
    """Return what needs a definition: indicators that name a measure, schemes that weigh an indicator."""
    if kind == "measure":
        return [i.code for i in catalogue.indicators.values() if i.formula and code in formulas.names(i.formula)]
    if kind == "indicator":
        return [s.code for s in catalogue.schemes.values() if any(i.indicator == code for i in s.items)]
    return []


def _item(row: Mapping[str, Any], where: str) -> SchemeItem:
    weight = _number(row.get("weight"), f"{where}.weight")
    if weight is None or weight <= 0:
        raise Fault(f"{where}.weight", N_("a weight is above zero"))
    score = str(row.get("score", "value"))
    if score not in SCORES:
        raise Fault(f"{where}.score", N_("one of: %(list)s"), list=", ".join(SCORES))
    bands = _bands(row.get("bands", ()), f"{where}.bands")
    if (score == "bands") != bool(bands) or any(b.points is None for b in bands):
        raise Fault(f"{where}.bands", N_("bands with points are given when the score is taken from bands, and only then"))
    return SchemeItem(str(row.get("indicator", "")), weight, score, bands)


def _consequence(row: Mapping[str, Any], where: str) -> Consequence:
    text = row.get("text")
    if not isinstance(text, Mapping) or not text.get("zh-Hans") or not text.get("en"):
        raise Fault(f"{where}.text", N_("a text in Chinese and in English is needed"))
    if (kind := str(row.get("kind", "reward"))) not in ("reward", "penalty"):
        raise Fault(f"{where}.kind", N_("one of: %(list)s"), list="reward, penalty")
    places: dict[str, int | None] = {}
    for name in ("rank_to", "last"):
        value = _number(row.get(name), f"{where}.{name}")
        if value is not None and (value < 1 or value != int(value)):
            raise Fault(f"{where}.{name}", N_("a whole number above zero is expected"))
        places[name] = None if value is None else int(value)
    scores = {name: _number(row.get(name), f"{where}.{name}") for name in ("score_from", "score_below")}
    grades = tuple(str(g) for g in row.get("grades", ()))
    if not grades and all(v is None for v in (*places.values(), *scores.values())):
        raise Fault(where, N_("a consequence says for which rank, grade or score"))
    return Consequence(text=dict(text), kind=kind, amount=_number(row.get("amount", 0), f"{where}.amount") or 0.0, grades=grades,
                       rank_to=places["rank_to"], last=places["last"], score_from=scores["score_from"], score_below=scores["score_below"])  # fmt: skip


def _bands(rows: Iterable[Mapping[str, Any]], where: str) -> tuple[Band, ...]:
    found = []
    for n, row in enumerate(rows):
        least = _number(row.get("least"), f"{where}[{n}].least")
        if least is None:
            raise Fault(f"{where}[{n}].least", N_("a band says from which value on it holds"))
        name = row.get("name", {})
        found.append(Band(least, str(row.get("grade", "")), str(row.get("colour", "")), name, _number(row.get("points"), f"{where}[{n}].points")))
    if len({b.least for b in found}) != len(found):
        raise Fault(where, N_("two bands begin at the same value"))
    return tuple(sorted(found, key=lambda b: -b.least))


def _texts(body: Mapping[str, Any], where: str) -> Mapping[str, str]:
    name = body.get("name")
    if not isinstance(name, Mapping) or not name.get("zh-Hans") or not name.get("en"):
        raise Fault(f"{where}.name", N_("a name in Chinese and in English is needed"))
    return {str(k): str(v) for k, v in name.items()}


def _number(value: Any, where: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Fault(where, N_("a number is expected"))
    return float(value)


def _one_of(words: Any, value: Any, where: str) -> Any:
    try:
        return words(value)
    except ValueError as error:
        raise Fault(where, N_("one of: %(list)s"), list=", ".join(w.value for w in words)) from error
