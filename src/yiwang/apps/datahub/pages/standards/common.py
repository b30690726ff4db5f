"""What these pages share: tabs, words of grades and findings."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.apps.datahub.queries.standards import dictionary, grades
from yiwang.apps.datahub.queries.standards.choices import GRADES
from yiwang.apps.datahub.rules.standards.naming import Finding
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.ui.contracts import Link

TONES = {1: "neutral", 2: "accent", 3: "soon", 4: "overdue"}
STATE_TONES = {"draft": "soon", "standard": "in_time", "retired": "done"}
PATTERNS = {
    "identity_number": gettext_lazy("identity number"), "bank_card": gettext_lazy("bank card"), "mobile": gettext_lazy("mobile number"), "landline": gettext_lazy("telephone"),
    "email": gettext_lazy("e-mail address"), "plate": gettext_lazy("vehicle plate"), "address": gettext_lazy("address"), "name": gettext_lazy("name of a person"),
    "health": gettext_lazy("health"), "belief": gettext_lazy("belief"), "biometric": gettext_lazy("biometric feature"), "money": gettext_lazy("income and property"),
    "crime": gettext_lazy("criminal record"), "whereabouts": gettext_lazy("whereabouts"), "minor": gettext_lazy("children"), "family": gettext_lazy("family"),
}  # fmt: skip


def tabs(actor: Actor, present: str) -> list[Link]:
    words = {"elements": _("Data elements"), "code_lists": _("Code lists"), "naming": _("Columns against the dictionary")}
    links = [Link(label=label, url=reverse(f"datahub:{name}"), current=name == present) for name, label in words.items()]
    if actor.may_anywhere(grades.GRADE):
        links.append(Link(label=_("Suggested grades"), url=reverse("datahub:grading"), current=present == "grading"))
    return links


def grade(value: int) -> dict[str, Any]:
    return {"label": str(dict(GRADES)[value]), "tone": TONES[value]}


def used_by(uses: list[dictionary.Use]) -> list[dict[str, Any]]:
    """Return uses as rows of a table."""
    return [{"set": u.dataset, "column": u.label, "name": u.column, "pinned": u.pinned, "org": u.dataset.org, "url": reverse("datahub:naming_set", args=[u.dataset.code])} for u in uses]


def words_of(one: Finding) -> str:
    """Return what a column does otherwise, in a sentence."""
    facts = {"wanted": one.wanted, "found": one.found, "element": one.element}
    said = {
        "no_element": _("names no data element"), "unknown_element": _("names the data element %(element)s, which the dictionary does not have"),
        "retired": _("names the data element %(element)s, which was retired"), "name": _("is called %(found)s, the data element is %(wanted)s"),
        "type": _("is of type %(found)s, the data element of %(wanted)s"), "length": _("may be %(found)s long, the data element is %(wanted)s"),
        "codes": _("takes its values from %(found)s, the data element from %(wanted)s"), "unknown_codes": _("names the code list %(found)s, which the dictionary does not have"),
        "unit": _("is in %(found)s, the data element in %(wanted)s"), "grade": _("is graded %(found)s, the data element %(wanted)s"),
        "personal": _("holds personal values (%(wanted)s) and does not say so"), "twice": _("is the same data element as %(found)s"),
    }  # fmt: skip
    return said[one.code] % facts


def reason(one: dict[str, Any]) -> str:
    """Return why a grade is suggested, in words."""
    what = str(PATTERNS.get(str(one.get("code")), one.get("code", "")))
    if one.get("source") == "values":
        return _("%(percent)s %% of the values look like: %(what)s") % {"percent": round(100 * float(one.get("share") or 0)), "what": what}
    if one.get("source") == "words":
        return _("its name speaks of: %(what)s") % {"what": what}
    return _("the data element %(what)s is graded so") % {"what": one.get("code", "")}
