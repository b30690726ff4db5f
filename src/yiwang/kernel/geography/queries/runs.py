"""Reads of files of addresses."""

import csv
import io
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.cells import safe
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.geography.contracts import AddressMatch, Evidence
from yiwang.kernel.geography.models.geocoding import GeocodeRun

HEAVY = ("rows", "answers")


def runs(actor: Actor) -> QuerySet[GeocodeRun]:
    """Return the actor's own files, newest first, without their rows."""
    return GeocodeRun.objects.filter(asked_by_id=actor.account_id or 0).defer(*HEAVY).order_by("-id")


def run(actor: Actor, uid: UUID, *, with_rows: bool = False) -> GeocodeRun:
    """Return one of the actor's own files, or refuse as if there were none."""
    rows = GeocodeRun.objects.filter(asked_by_id=actor.account_id or 0, uid=uid)
    found = (rows if with_rows else rows.defer(*HEAVY)).first()
    if found is None:
        raise NotFound(what="file of addresses")
    return found


def accuracy_text(accuracy: str) -> str:
    return {
        "door": _("door plate"), "interpolated": _("between house numbers"), "crossing": _("crossing"), "poi": _("landmark"),
        "relative": _("so far from a place"), "road": _("road only"), "community": _("community only"), "street": _("street or town only"),
        "area": _("district or city only"), "none": _("not found"),
    }.get(accuracy, accuracy)  # fmt: skip


def why_text(match: AddressMatch) -> str:
    """Say in words why this place was taken: what was read, what guessed, what left aside."""
    words = [_said(e) for e in match.why]
    if match.ambiguous:
        words.append(_("another place fits as well"))
    return _("; ").join(w for w in words if w)


def _said(evidence: Evidence) -> str:
    typed, taken = evidence.typed, evidence.taken
    return {
        "exact": "%(typed)s",
        "alias": _("“%(typed)s” is another name of %(taken)s"),
        "sound": _("“%(typed)s” sounds like %(taken)s"),
        "typing": _("“%(typed)s” read as %(taken)s"),
        "likeness": _("“%(typed)s” looks like %(taken)s"),
        "whole": _("“%(typed)s” lies at %(taken)s"),
        "part": _("%(taken)s belongs to “%(typed)s”"),
        "other-part": _("%(taken)s has the same number as “%(typed)s”"),
        "interpolated": _("“%(typed)s” guessed between %(taken)s"),
        "nearest": _("“%(typed)s” guessed at the nearest number, %(taken)s"),
        "moved": _("moved by “%(typed)s”, a hint"),
        "contradicted": _("it does not lie in %(taken)s, as “%(typed)s” says"),
        "ignored": _("“%(typed)s” left aside"),
    }.get(evidence.how, "") % {"typed": typed, "taken": taken}  # fmt: skip


def as_csv(lines: Iterable[Iterable[Any]]) -> bytes:
    """Return lines as CSV that a spreadsheet opens as UTF-8 and in which no cell is a formula."""
    made = io.StringIO()
    csv.writer(made).writerows([safe(v) for v in line] for line in lines)
    return made.getvalue().encode("utf-8-sig")


def as_sheet(lines: Iterable[Iterable[Any]], title: str) -> bytes:
    """Return lines as an xlsx file of one sheet, in which no cell is a formula."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    for line in lines:
        sheet.append([safe(v) for v in line])
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()
