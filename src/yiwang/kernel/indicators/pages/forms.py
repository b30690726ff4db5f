"""Forms of definitions: one field for each thing that a person changes; the body that comes out is checked by the rules."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.registry import manifests
from yiwang.kernel.indicators.contracts import Aggregate, Catalogue, Missing, ObjectKind, Source
from yiwang.kernel.indicators.pages.common import kind_words
from yiwang.kernel.indicators.rules.definitions import SCORES, UNITS, Fault
from yiwang.kernel.indicators.rules.vocabulary import WORDS, moments

_CODE = re.compile(r"^[a-z][a-z0-9_]{1,58}$")
_BAND = re.compile(r"^\s*(-?\d+(?:\.\d+)?)\s*=\s*(-?\d+(?:\.\d+)?)\s*$")
_CONSEQUENCE = re.compile(r"^\s*(?P<what>first|last|grade|from|below)=(?P<value>\S+)\s+(?P<amount>[+-]?\d+(?:\.\d+)?)\s+(?P<text>.+)$")
_CONDITIONS = {"first": "rank_to", "last": "last", "from": "score_from", "below": "score_below"}
COLOURS = ("good", "fair", "warn", "bad", "worst")
UNIT_WORDS = {"percent": _("per cent"), "count": _("a count"), "minutes": _("minutes"), "days": _("days"), "score": _("a score")}
SCORE_WORDS = {"value": _("the value itself"), "inverse": _("100 less the value"), "bands": _("points by bands")}
SOURCE_WORDS = {Source.REPORT: _("each report"), Source.CASE: _("each case"), Source.STAGE: _("each stage of a case")}
AGGREGATE_WORDS = {Aggregate.COUNT: _("counted"), Aggregate.SUM: _("added up"), Aggregate.AVERAGE: _("the mean of"), Aggregate.MEDIAN: _("the median of")}
MISSING_WORDS = {Missing.REWEIGH: _("the others carry its weight"), Missing.ZERO: _("it counts as zero"), Missing.UNRANKED: _("there is no score at all")}


def _plain(value: float) -> float | int:
    return int(value) if float(value).is_integer() else value


class DefinitionForm(forms.Form):
    """What every definition has."""

    code = forms.CharField(label=_("Code of the definition"), max_length=60, help_text=_("Small letters, digits and _; it never changes."))
    name_zh = forms.CharField(label=_("Name in Chinese"), max_length=80)
    name_en = forms.CharField(label=_("Name in English"), max_length=80)
    source_note = forms.CharField(label=_("After which document"), max_length=200, required=False)
    valid_from = forms.DateField(label=_("Holds from"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
    reason = forms.CharField(label=_("Reason of the change"), max_length=300)

    # The last part of a fault's place -> the field that it belongs to.
    places: Mapping[str, str] = {"name": "name_zh"}

    said: frozenset[str] = frozenset()  # what the form says of a definition; the rest of one that is changed stays as it is

    def __init__(
        self, data: Any, *, catalogue: Catalogue, fixed: str = "", initial: Mapping[str, Any] | None = None, held: Mapping[str, Any] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(data, initial=dict(initial or {}))
        self.catalogue = catalogue
        self.kept = {k: v for k, v in (held or {}).items() if k not in self.said | {"name", "source_note"}}
        if fixed:
            self.fields["code"].disabled = True
            self.fields["code"].initial = fixed
        self.prepare()

    def prepare(self) -> None:
        """Fill choices."""

    def clean_code(self) -> str:
        code = str(self.cleaned_data["code"]).strip()
        if not _CODE.match(code):
            raise forms.ValidationError(_("Begin with a small letter; then small letters, digits and _."))
        return code

    def body(self) -> dict[str, Any]:
        """Return the definition as data; what the form did not understand is left out."""
        given = self.cleaned_data
        found: dict[str, Any] = self.kept | {"name": {"zh-Hans": given.get("name_zh", ""), "en": given.get("name_en", "")}}
        if given.get("source_note"):
            found["source_note"] = given["source_note"]
        return found

    def attach(self, faults: list[Fault]) -> None:
        """Put each fault at its field."""
        for fault in faults:
            last = re.sub(r"\[.*", "", fault.where.split(".", 2)[-1]) if fault.where.count(".") > 1 else ""
            name = self.places.get(last, last)
            self.add_error(name if name in self.fields else None, fault.localized().split(": ", 1)[-1])


class MeasureForm(DefinitionForm):
    """A measure: which facts count, and by which date."""

    said = frozenset({"source", "on", "where", "aggregate", "of"})
    source = forms.ChoiceField(label=_("What is counted"))
    on = forms.CharField(label=_("Belongs to the period by"), max_length=40)
    where = forms.CharField(label=_("Condition"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}))
    aggregate = forms.ChoiceField(label=_("How it is counted"), required=False)
    of = forms.CharField(label=_("Of which number"), required=False, max_length=40, help_text=_("Only for sums, averages and medians."))

    def prepare(self) -> None:
        self.fields["source"].choices = [(s.value, SOURCE_WORDS[s]) for s in Source]  # type: ignore[attr-defined]
        self.fields["aggregate"].choices = [(a.value, AGGREGATE_WORDS[a]) for a in Aggregate]  # type: ignore[attr-defined]

    def body(self) -> dict[str, Any]:
        given = self.cleaned_data
        found = super().body() | {k: given[k] for k in ("source", "on", "where") if given.get(k)}
        if (given.get("aggregate") or "count") != "count":
            found |= {"aggregate": given["aggregate"], "of": given.get("of", "")}
        return found

    def words(self, english: bool) -> list[tuple[str, str, str]]:
        """Return (word, what it means, kind) of the facts that are chosen now."""
        source = self.data.get("source") or self.initial.get("source") or Source.CASE.value
        try:
            known = WORDS[Source(source)]
        except ValueError:
            known = WORDS[Source.CASE]
        return [(name, word.en if english else word.zh, word.kind) for name, word in known.items()]

    def moments(self) -> list[str]:
        source = self.data.get("source") or self.initial.get("source") or Source.CASE.value
        return list(moments(Source(source))) if source in {s.value for s in Source} else []


class IndicatorForm(DefinitionForm):
    """An indicator: a formula over measures, or the name of a function that an app offers."""

    said = frozenset({"formula", "function", "unit", "higher_is_better", "target"})
    formula = forms.CharField(
        label=_("Formula"), max_length=500, required=False, help_text=_("Measures, numbers, + − * / and brackets."),
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
    )
    function = forms.ChoiceField(label=_("Or a function of an app"), required=False)
    unit = forms.ChoiceField(label=_("Unit of the value"))
    higher_is_better = forms.BooleanField(label=_("The higher the better"), required=False)
    target = forms.FloatField(label=_("Target"), required=False)

    def prepare(self) -> None:
        self.fields["unit"].choices = [(u, UNIT_WORDS[u]) for u in UNITS]  # type: ignore[attr-defined]
        offered = [(i.code, f"{i.label} ({i.code})") for m in manifests().values() for i in m.indicators]
        self.fields["function"].choices = [("", "—"), *offered]  # type: ignore[attr-defined]

    def clean_formula(self) -> str:
        written = str(self.cleaned_data.get("formula", ""))
        if not written.strip() and not self.data.get("function"):
            raise forms.ValidationError(_("Write a formula, or choose a function of an app."))
        return written

    def body(self) -> dict[str, Any]:
        given = self.cleaned_data
        found = super().body() | {"unit": given.get("unit", "percent"), "higher_is_better": bool(given.get("higher_is_better"))}
        found |= {name: given[name] for name in ("formula", "function") if given.get(name)}
        if given.get("target") is not None:
            found["target"] = _plain(given["target"])
        return found


class SchemeForm(DefinitionForm):
    """A scheme: what weighs how much, and from which score on a grade is given."""

    said = frozenset({"objects", "items", "grades", "missing", "org_kinds", "roles", "consequences"})
    objects = forms.ChoiceField(label=_("Who is judged"))
    items = forms.CharField(
        label=_("Indicators and weights"), max_length=4000, widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "class": "mono"}),
        help_text=_("A line each: indicator, weight, how it scores (value, inverse, bands), and the bands as 0=100, 51=90."),
    )
    grades = forms.CharField(
        label=_("Grades"), max_length=1000, widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "class": "mono"}),
        help_text=_("A line each, best first: from which score on, letter, colour (good, fair, warn, bad, worst), name in Chinese, name in English."),
    )
    missing = forms.ChoiceField(label=_("When an indicator has no value"), required=False)
    org_kinds = forms.CharField(label=_("Only these kinds of bodies"), required=False, max_length=200)
    roles = forms.CharField(label=_("Only holders of these roles"), required=False, max_length=200)
    consequences = forms.CharField(
        label=_("Rewards and penalties"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "class": "mono"}),
        help_text=_("A line each: first=3, last=2, grade=E, from=90 or below=60; the amount; the text in Chinese | in English."),
    )
    places = {"name": "name_zh", "items": "items", "grades": "grades"}

    def prepare(self) -> None:
        self.fields["objects"].choices = [(k.value, kind_words(k)) for k in ObjectKind if k is not ObjectKind.ALL]  # type: ignore[attr-defined]
        self.fields["missing"].choices = [(m.value, MISSING_WORDS[m]) for m in Missing]  # type: ignore[attr-defined]

    def clean_items(self) -> list[dict[str, Any]]:
        found = []
        for n, line in enumerate(self._lines("items"), 1):
            words = line.split(None, 3)
            item: dict[str, Any] = {"indicator": words[0]}
            try:
                item["weight"] = _plain(float(words[1]))
            except (IndexError, ValueError) as error:
                raise forms.ValidationError(_("Line %(n)s: the second word is the weight."), params={"n": n}) from error
            if len(words) > 2:
                if words[2] not in SCORES:
                    raise forms.ValidationError(_("Line %(n)s: value, inverse or bands."), params={"n": n})
                item["score"] = words[2]
            if len(words) > 3:
                item["bands"] = self._bands(words[3], n)
            found.append(item)
        return found

    def _bands(self, text: str, n: int) -> list[dict[str, Any]]:
        found = []
        for part in text.split(","):
            match = _BAND.match(part)
            if match is None:
                raise forms.ValidationError(_("Line %(n)s: bands are written as 0=100, 51=90."), params={"n": n})
            found.append({"least": _plain(float(match[1])), "points": _plain(float(match[2]))})
        return found

    def clean_grades(self) -> list[dict[str, Any]]:
        found = []
        for n, line in enumerate(self._lines("grades"), 1):
            words = line.split(None, 4)
            try:
                least = _plain(float(words[0]))
                grade, colour, zh = words[1:4]
            except ValueError as error:
                raise forms.ValidationError(_("Line %(n)s: score, letter, colour, name in Chinese, name in English."), params={"n": n}) from error
            if colour not in COLOURS:
                raise forms.ValidationError(_("Line %(n)s: the colour is good, fair, warn, bad or worst."), params={"n": n})
            found.append({"least": least, "grade": grade, "colour": colour, "name": {"zh-Hans": zh, "en": words[4] if len(words) > 4 else zh}})
        return found

    def clean_consequences(self) -> list[dict[str, Any]]:
        found = []
        for n, line in enumerate(self._lines("consequences"), 1):
            match = _CONSEQUENCE.match(line)
            if match is None:
                raise forms.ValidationError(_("Line %(n)s: such as first=3 5000 text in Chinese | text in English."), params={"n": n})
            amount = _plain(float(match["amount"]))
            zh, _bar, en = match["text"].partition("|")
            name, value = match["what"], match["value"]
            row: dict[str, Any] = {"text": {"zh-Hans": zh.strip(), "en": en.strip() or zh.strip()}, "amount": amount}
            row["kind"] = "penalty" if amount < 0 or name in ("last", "below") or (name == "grade" and not amount) else "reward"
            if name == "grade":
                row["grades"] = value.split("/")
            else:
                try:
                    row[_CONDITIONS[name]] = _plain(float(value))
                except ValueError as error:
                    raise forms.ValidationError(_("Line %(n)s: such as first=3 5000 text in Chinese | text in English."), params={"n": n}) from error
            found.append(row)
        return found

    def _lines(self, name: str) -> list[str]:
        return [line for line in str(self.cleaned_data[name]).splitlines() if line.strip()]

    def body(self) -> dict[str, Any]:
        given = self.cleaned_data
        found = super().body() | {"objects": given.get("objects"), "items": given.get("items", []), "grades": given.get("grades", [])}
        if (given.get("missing") or "reweigh") != "reweigh":
            found["missing"] = given["missing"]
        if given.get("consequences"):
            found["consequences"] = given["consequences"]
        for name in ("org_kinds", "roles"):
            if words := [w for w in re.split(r"[\s,，]+", given.get(name, "")) if w]:
                found[name] = words
        return found


FORMS: Mapping[str, type[DefinitionForm]] = {"measure": MeasureForm, "indicator": IndicatorForm, "scheme": SchemeForm}


def initial_of(kind: str, body: Mapping[str, Any], day: date) -> dict[str, Any]:
    """Return what a form shows of a definition's body."""
    found: dict[str, Any] = {k: v for k, v in body.items() if isinstance(v, str | int | float | bool)}
    name = body.get("name", {})
    found |= {"name_zh": name.get("zh-Hans", ""), "name_en": name.get("en", ""), "valid_from": day, "higher_is_better": body.get("higher_is_better", True)}
    if kind == "scheme":
        found["items"] = "\n".join(_item_line(i) for i in body.get("items", ()))
        found["grades"] = "\n".join(
            f"{g['least']:g} {g.get('grade', '-')} {g.get('colour', '')} {g.get('name', {}).get('zh-Hans', '')} {g.get('name', {}).get('en', '')}" for g in body.get("grades", ())
        )
        found["consequences"] = "\n".join(_consequence_line(c) for c in body.get("consequences", ()))
        found |= {name: " ".join(body.get(name, ())) for name in ("org_kinds", "roles")}
    return found


def _item_line(item: Mapping[str, Any]) -> str:
    bands = ", ".join(f"{b['least']:g}={b['points']:g}" for b in item.get("bands", ()))
    score = item.get("score", "value")
    return " ".join(p for p in (item["indicator"], f"{item['weight']:g}", score if score != "value" or bands else "", bands) if p)


def _consequence_line(row: Mapping[str, Any]) -> str:
    word, value = next(((w, row[k]) for w, k in _CONDITIONS.items() if row.get(k) is not None), ("grade", "/".join(row.get("grades", ()))))
    shown = f"{value:g}" if isinstance(value, int | float) else value
    return f"{word}={shown} {row.get('amount', 0):g} {row['text']['zh-Hans']} | {row['text']['en']}"
