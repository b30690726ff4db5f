"""Entering evaluation from outside (外评价): media reports, surveys from a file, satisfaction from citizens' own ratings."""

import csv
import hashlib
import io
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zipfile import BadZipFile

from django.db import IntegrityError, connection, transaction
from django.db.models import Count, Q
from django.utils.timezone import get_default_timezone
from django.utils.translation import gettext as _
from openpyxl import load_workbook

from yiwang.apps.city.errors import AlreadyDone, BadImportFile
from yiwang.apps.city.models import MediaReport, OutsideFigure
from yiwang.apps.city.queries.judging import outside as queries
from yiwang.apps.city.rules.judging import surveys
from yiwang.kernel.areas.models import Area
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotFound
from yiwang.kernel.cases.models import Case
from yiwang.kernel.cases.models.view import Rating
from yiwang.kernel.identity.models import Organization

EDIT = queries.EDIT
VERDICTS = ("true", "partly", "untrue")
SATISFIED = 4  # stars and more
MOST_BYTES, MOST_TOLD = 5_000_000, 20


def register_media(
    actor: Actor, *, source: str, title: str, url: str, published_on: date, area: Area, org: Organization | None, case: Case | None
) -> MediaReport:
    """Put a report of the media into the register.

    Raises
    ------
    NotPermitted
        Not in an area of the actor's.
    BadInput
        Registered already, a day in the future, or an address that is none.
    """
    actor.require(EDIT, area_path=area.path)
    if published_on > now().astimezone(get_default_timezone()).date():
        raise BadInput.one("published_on", "future", _("This day lies in the future."))
    if url and not url.startswith(("https://", "http://")):
        raise BadInput.one("url", "address", _("An address begins with https:// or http://."))
    try:
        with transaction.atomic():
            row = MediaReport.objects.create(
                source=source.strip()[:120], title=title.strip()[:200], url=url[:500], published_on=published_on, area=area, area_path=area.path, org=org, case=case,
                entered_at=now(), entered_by_name=actor.recorded_name[:80],
            )  # fmt: skip
            audit.record(actor, action="city.media.registered", area_path=area.path, data={"media": str(row.uid), "source": row.source, "title": row.title})
    except IntegrityError as error:
        raise BadInput.one("title", "twice", _("This report is in the register already.")) from error
    return row


@transaction.atomic
def judge_media(actor: Actor, uid: UUID, *, verdict: str, reason: str) -> MediaReport:
    """Say whether what the media reported was so; once.

    Raises
    ------
    NotFound, NotPermitted, AlreadyDone, BadInput
        Not there, not the actor's area, judged before, no verdict or reason.
    """
    row = MediaReport.objects.select_for_update(of=("self",)).filter(uid=uid).first()
    if row is None or not queries.media(actor).filter(uid=uid).exists():
        raise NotFound(what="media report")
    actor.require(EDIT, area_path=row.area_path)
    if row.judged_at is not None:
        raise AlreadyDone
    if verdict not in VERDICTS:
        raise BadInput.one("verdict", "unknown", _("Choose one from the list."))
    if not reason.strip():
        raise BadInput.one("reason", "required", _("Say why; the reason goes on record."))
    row.verdict, row.verdict_reason, row.judged_at, row.judged_by_name = verdict, reason.strip()[:1000], now(), actor.recorded_name[:80]
    row.save()
    audit.record(actor, action="city.media.judged", area_path=row.area_path, outcome=verdict, data={"media": str(row.uid), "reason": row.verdict_reason})
    return row


def import_survey(actor: Actor, content: bytes, *, source: str, period: tuple[date, date], reason: str = "") -> int:
    """Take in a survey's counts from .xlsx or .csv, all or nothing; returns how many lines. The same file again changes nothing.

    Counts of the same period replace those that hold, with a reason; what they replace stays.

    Raises
    ------
    NotPermitted
        An area of the file is not the actor's.
    BadImportFile
        Not such a file, or lines that are wrong: each is named.
    BadInput
        A period that ends before it begins, or a correction without a reason.
    """
    rows = _rows(content)
    areas = {a.code: a for a in Area.objects.filter(valid_to__isnull=True)}
    orgs = {o.code: o for o in Organization.objects.filter(is_active=True)}
    counts, faults = surveys.read(rows, areas=set(areas), orgs=set(orgs))
    if faults:
        raise BadImportFile(why="；".join(_told(f) for f in faults[:MOST_TOLD]) + ("…" if len(faults) > MOST_TOLD else ""))
    for one in counts:
        actor.require(EDIT, area_path=areas[one.area].path)
    digest = hashlib.sha256(content).hexdigest()
    return _store(
        actor, "survey", period, source, reason, digest,
        [(areas[c.area], orgs.get(c.org), c.numerator, c.denominator, c.score) for c in counts],
    )  # fmt: skip


def _rows(content: bytes) -> Iterable[list[object]]:
    if len(content) > MOST_BYTES:
        raise BadImportFile(why=_("The file is larger than %(most)s MB") % {"most": MOST_BYTES // 1_000_000})
    if content[:2] == b"PK":
        try:
            sheet: Any = load_workbook(io.BytesIO(content), read_only=True, data_only=True).active
            return [list(row) for row in sheet.iter_rows(values_only=True, max_row=surveys.MOST_LINES + 5, max_col=40)]
        except (BadZipFile, KeyError, ValueError, OSError, AttributeError) as error:
            raise BadImportFile(why=_("This is no sheet that can be read")) from error
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return [list(row) for row in csv.reader(io.StringIO(content.decode(encoding)))]
        except UnicodeDecodeError:
            continue
        except csv.Error as error:
            raise BadImportFile(why=_("This is no sheet that can be read")) from error
    raise BadImportFile(why=_("This is no sheet that can be read"))


def _told(fault: surveys.Fault) -> str:
    words = {
        "heading": _("the columns %(value)s are missing"), "empty": _("there is no line with counts"), "area": _("there is no area %(value)s"),
        "org": _("there is no body %(value)s"), "number": _("“%(value)s” is no whole number"), "part": _("the part is larger than the whole: %(value)s"),
        "score": _("“%(value)s” is no score from 0 to 100"), "twice": _("%(value)s stands there twice"), "many": _("there are more than %(value)s lines"),
    }  # fmt: skip
    return _("line %(line)s: %(what)s") % {"line": fault.line, "what": words[fault.what] % {"value": fault.value}}


def publish_satisfaction(actor: Actor, *, period: tuple[date, date], reason: str = "") -> int:
    """Count citizens' ratings of a period by district and by body (four stars and more are satisfied), and keep the counts.

    Raises
    ------
    NotPermitted
        The actor enters nothing from outside.
    BadInput
        A period that ends before it begins or has not ended, nothing rated in it, or a correction without a reason.
    """
    if period[1] >= now().astimezone(get_default_timezone()).date():
        raise BadInput.one("period_to", "open", _("This period has not ended yet."))
    zone = get_default_timezone()
    begin = datetime.combine(period[0], time.min, tzinfo=zone)
    end = datetime.combine(period[1], time.min, tzinfo=zone) + timedelta(days=1)
    rated = Rating.objects.filter(rated_at__gte=begin, rated_at__lt=end, case__mode="live", case__app="city")
    good = Count("pk", filter=Q(score__gte=SATISFIED))
    by_area = rated.filter(case__city__district__isnull=False).order_by().values_list("case__city__district").annotate(good=good, total=Count("pk"))
    by_org = rated.filter(case__org__isnull=False, case__city__district__isnull=False).order_by().values_list("case__city__district", "case__org").annotate(good=good, total=Count("pk"))
    areas = {a.pk: a for a in Area.objects.filter(pk__in=[row[0] for row in by_area])}
    orgs = {o.pk: o for o in Organization.objects.filter(pk__in=[row[1] for row in by_org])}
    found: list[tuple[Area, Organization | None, int, int, Decimal | None]] = [(areas[a], None, part, whole, None) for a, part, whole in by_area]
    found += [(areas[a], orgs[o], part, whole, None) for a, o, part, whole in by_org]
    found = [row for row in found if actor.may(EDIT, area_path=row[0].path)]
    if not actor.may_anywhere(EDIT):
        actor.require(EDIT)
    if not found:
        raise BadInput.one("period_from", "empty", _("Nobody rated anything in this period."))
    return _store(actor, "satisfaction", period, _("ratings of citizens"), reason, "", found)


def _store(
    actor: Actor, kind: str, period: tuple[date, date], source: str, reason: str, digest: str,
    rows: list[tuple[Area, Organization | None, int, int, Decimal | None]],
) -> int:  # fmt: skip
    if period[0] > period[1]:
        raise BadInput.one("period_to", "order", _("The period ends before it begins."))
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"city.outside:{kind}:{period[0]}:{period[1]}"])
        before = OutsideFigure.objects.filter(kind=kind, period_from=period[0], period_to=period[1])
        if digest and before.filter(sha256=digest, is_current=True).exists():
            return 0
        paths = [area.path for area, *_rest in rows]
        replaced = before.filter(is_current=True, area_path__in=paths)
        if replaced.exists() and not reason.strip():
            raise BadInput.one("reason", "required", _("Counts of this period hold already: say why they are corrected."))
        version = (before.order_by("-version").values_list("version", flat=True).first() or 0) + 1
        replaced.update(is_current=False)
        OutsideFigure.objects.bulk_create(
            OutsideFigure(
                kind=kind, period_from=period[0], period_to=period[1], area=area, area_path=area.path, org=org, numerator=part, denominator=whole, score=score,
                version=version, source=source.strip()[:200], reason=reason.strip()[:500], sha256=digest, entered_at=now(), entered_by_name=actor.recorded_name[:80],
            )
            for area, org, part, whole, score in rows
        )  # fmt: skip
        audit.record(
            actor, action="city.outside.entered", area_path=min(paths, key=len),
            data={"kind": kind, "from": period[0].isoformat(), "to": period[1].isoformat(), "version": version, "lines": len(rows), "sha256": digest, "reason": reason.strip()[:500]},
        )  # fmt: skip
    return len(rows)
