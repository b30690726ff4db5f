"""Series as workbooks: figures with what is reckoned from them, and every revision."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from yiwang.apps.datahub.models import EconomicFigure, EconomicSeries, FigureStatus
from yiwang.apps.datahub.queries import economy as reads
from yiwang.apps.datahub.rules.economy.measures import IN_UNIT, measure, rounded
from yiwang.apps.datahub.services.economy import words
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.cells import safe
from yiwang.kernel.base.texts import pick
from yiwang.kernel.files.exports import Column, Exported, Table, take


def one_file(actor: Actor, found: EconomicSeries, as_of: date | None) -> Exported:
    """Return one series as a workbook: what was known on the date, and all revisions. The export is on record."""
    given, told = reads.given([found], as_of)
    mine, figures = given[found.pk], told[found.pk]
    reckoned = {name: measure(name, mine) for name in mine.has}
    labels = dict(FigureStatus.choices)
    rows = [
        {"period": words.period(p, cumulative=found.is_cumulative), **{name: rounded(values.get(p), found.decimals if name in IN_UNIT else 2) for name, values in reckoned.items()},
         "status": str(labels[t.status]), "released": t.released_on.isoformat(), "revision": t.revision}
        for p, t in figures.items()
    ]  # fmt: skip
    columns = [Column(key="period", label=pgettext("statistics", "Period"), width=22), *(Column(key=n, label=f"{words.measure(n)} ({words.measure_unit(n, found)})", width=18) for n in mine.has)]
    columns += [Column(key="status", label=_("Status"), width=14), Column(key="released", label=_("Released by the source"), width=14), Column(key="revision", label=_("Revision"), width=8)]
    tables = [Table(title=_("Figures"), columns=columns, rows=rows), _revisions(found)]
    said = {"series": found.code, "as_of": as_of.isoformat() if as_of else ""}
    title = f"{words.series(found)} · {pick(found.area.name)}"
    return take(actor, what="datahub.series", tables=tables, filters=said, words=title, name=found.code)


def _revisions(found: EconomicSeries) -> Table:
    figures = EconomicFigure.objects.filter(series=found).select_related("made_by").order_by("start_on", "revision")
    rows: list[dict[str, Any]] = [
        {"period": f.period, "revision": f.revision, "value": f.value, "status": f.get_status_display(), "released": f.released_on.isoformat(), "reason": f.reason, "origin": f.origin,
         "state": f.get_state_display()}
        for f in figures
    ]  # fmt: skip
    labels = (("period", pgettext("statistics", "Period"), 12), ("revision", _("Revision"), 8), ("value", _("Figure"), 16), ("status", _("Status"), 14), ("released", _("Released by the source"), 14),
              ("reason", _("Reason"), 40), ("origin", _("Where from"), 30), ("state", _("State"), 16))  # fmt: skip
    return Table(title=_("Revisions"), columns=[Column(key=k, label=label, width=w) for k, label, w in labels], rows=rows)


def compared_file(actor: Actor, found: Sequence[EconomicSeries], name: str, as_of: date | None) -> Exported:
    """Return several series side by side by one measure. The export is on record."""
    given, _told = reads.given(found, as_of)
    reckoned = {s.pk: measure(name, given[s.pk]) if name in given[s.pk].has else {} for s in found}
    periods = sorted({p for values in reckoned.values() for p in values})
    rows = [{"period": words.period(p), **{str(s.pk): rounded(reckoned[s.pk].get(p), s.decimals if name in IN_UNIT else 2) for s in found}} for p in periods]
    columns = [Column(key="period", label=pgettext("statistics", "Period"), width=22)]
    columns += [Column(key=str(s.pk), label=safe(f"{words.series(s)} · {pick(s.area.name)} ({words.measure_unit(name, s)})"), width=24) for s in found]
    said = {"series": ",".join(s.code for s in found), "measure": name, "as_of": as_of.isoformat() if as_of else ""}
    return take(actor, what="datahub.series", tables=[Table(title=words.measure(name)[:31], columns=columns, rows=rows)], filters=said, words=words.measure(name), name="series")
