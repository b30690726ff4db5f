"""Closing a period (定格) and publishing it: the figures, the facts behind them, and a hash of both in the record."""

import json
from dataclasses import asdict
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from yiwang.kernel.audit.services import record
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotFound
from yiwang.kernel.indicators.contracts import Aggregate, Asked, Catalogue, Judged, League, Measure, Period
from yiwang.kernel.indicators.errors import PeriodClosed, PeriodStillRuns
from yiwang.kernel.indicators.models import Result, ResultMember, ResultRow
from yiwang.kernel.indicators.queries import catalogue as catalogues
from yiwang.kernel.indicators.queries import evaluate, league
from yiwang.kernel.indicators.queries.hashing import hash_of
from yiwang.kernel.indicators.rules import conditions, periods
from yiwang.kernel.indicators.rules.vocabulary import COLUMNS, KEYS, TABLES, WORDS
from yiwang.kernel.indicators.services.permitting import require

CLOSE = "indicators.close"
PUBLISH = "indicators.publish"


@transaction.atomic
def close(actor: Actor, scheme: str, period: Period, *, area_path: str = "") -> Result:
    """Keep a period's figures with the facts they were counted from. Later events change nothing of it.

    Raises
    ------
    NotPermitted, NotFound
    PeriodStillRuns
        Its last day is not over everywhere.
    PeriodClosed
        There is a result already: `correct` makes a new version of it.
    """
    require(actor, CLOSE, area_path=area_path)
    _lock(scheme, period, area_path)
    if _of(scheme, period, area_path) is not None:
        raise PeriodClosed(period=period.code)
    return _close(actor, scheme, period, area_path, None, "")


@transaction.atomic
def correct(actor: Actor, uid: str, *, reason: str) -> Result:
    """Compute a closed period anew (after an appeal, late reports) as a further version; the old one stays as it is.

    Raises
    ------
    NotPermitted, NotFound
    BadInput
        Without a reason, or when a newer version is there already.
    """
    held = Result.objects.select_for_update().filter(uid=uid).first()
    if held is None:
        raise NotFound(what="result")
    require(actor, CLOSE, area_path=held.area_path)
    if not reason.strip():
        raise BadInput.one("reason", "required", _("Say why; the reason goes on record."))
    period = periods.parse(held.period)
    _lock(held.scheme, period, held.area_path)
    newest = _of(held.scheme, period, held.area_path)
    if newest is None or newest.pk != held.pk:
        raise BadInput.one("result", "old", _("There is a newer version of this result. Correct that one."))
    return _close(actor, held.scheme, period, held.area_path, held, reason)


@transaction.atomic
def publish(actor: Actor, uid: str) -> Result:
    """Publish a closed result (公布); from then on everybody who sees figures sees this version. Again changes nothing."""
    held = Result.objects.select_for_update().filter(uid=uid).first()
    if held is None:
        raise NotFound(what="result")
    require(actor, PUBLISH, area_path=held.area_path)
    if held.published_at is None:
        held.published_at, held.published_by_name = now(), actor.recorded_name
        held.save(update_fields=["published_at", "published_by_name"])
        record(actor, action="indicators.published", outcome=f"{held.scheme} {held.period}", area_path=held.area_path,
               data={"result": str(held.uid), "version": held.version, "hash": held.hash})  # fmt: skip
    return held


def _lock(scheme: str, period: Period, area_path: str) -> None:
    """Two who close the same period wait for each other; the second then sees the first one's result."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 5))", [f"{scheme} {period.code} {area_path}"])


def _of(scheme: str, period: Period, area_path: str) -> Result | None:
    return Result.objects.filter(scheme=scheme, period=period.code, area_path=area_path).order_by("-version").first()


def _close(actor: Actor, scheme: str, period: Period, area_path: str, corrected: Result | None, reason: str) -> Result:
    moment = now()
    ends = max(periods.bounds(period, zone)[1] for zone in {*evaluate.zones().values()} or {"UTC"})
    if ends > moment:
        raise PeriodStillRuns(period=period.code)
    found = catalogues.on_day(period.last)
    # A correction is judged as of the same moment: what was late then is late still, unless an appeal lifted it.
    as_of = corrected.as_of if corrected else ends
    table = league.of_scheme(scheme, period, area_path=area_path, as_of=as_of, catalogue=found)
    indicators = [found.indicators[i.indicator] for i in table.scheme.items]
    wanted = evaluate.needed(found, indicators)
    result = Result.objects.create(
        scheme=scheme, period=period.code, first=period.first, last=period.last, area_path=area_path, as_of=as_of,
        version=corrected.version + 1 if corrected else 1, corrects=corrected, reason=reason[:500], closed_at=moment,
        closed_by_name=actor.recorded_name, catalogue=_plain(found, table, wanted), hash="",
    )  # fmt: skip
    ResultRow.objects.bulk_create([_row(result, row) for row in (table.whole, *table.rows)])
    asked = Asked(period=period, as_of=as_of, kinds=(table.scheme.judges,), area_path=area_path)
    _keep_members(result, asked, wanted)
    result.hash = hash_of(result)
    event = record(
        actor, action="indicators.corrected" if corrected else "indicators.closed", outcome=f"{scheme} {period.code}", area_path=area_path,
        data={"result": str(result.uid), "version": result.version, "hash": result.hash, "reason": reason,
              "members": ResultMember.objects.filter(result=result).count()},
    )  # fmt: skip
    result.event_uid = event.uid
    result.save(update_fields=["hash", "event_uid"])
    return result


def _row(result: Result, row: Judged) -> ResultRow:
    return ResultRow(
        result=result, kind=row.kind.value, key=row.key, name=row.name[:200], measures=dict(row.measures),
        figures={code: [f.value, f.numerator, f.denominator] for code, f in row.figures.items()}, points=dict(row.points),
        score=row.score, grade=row.grade, colour=row.colour, rank=row.rank,
    )  # fmt: skip


def _plain(found: Catalogue, table: League, wanted: list[Measure]) -> dict[str, Any]:
    """Return the definitions that the result was computed by, as JSON; `measures` gives each measure its place."""
    used = {i.indicator for i in table.scheme.items}
    return json.loads(json.dumps({
        "scheme": {name if name != "judges" else "objects": value for name, value in asdict(table.scheme).items()}, "indicators": {c: asdict(i) for c, i in found.indicators.items() if c in used},
        "measures": [asdict(m) for m in wanted],
    }, default=str))  # fmt: skip


def _keep_members(result: Result, asked: Asked, wanted: list[Measure]) -> None:
    """Keep every fact that any measure counted: one statement for each source and date, added up by fact."""
    kind = asked.kinds[0]
    groups: dict[tuple[str, str], list[tuple[int, Measure]]] = {}
    for place, one in enumerate(wanted):
        groups.setdefault((one.source, one.on), []).append((place, one))
    with connection.cursor() as cursor:
        for (source, on), group in groups.items():
            where, values = evaluate.within(asked, WORDS[group[0][1].source][on].sql)
            hits, amounts = [], []
            for place, one in group:
                found = conditions.condition(one.source, one.where, f"m{place}_")
                values |= found.values
                hits.append(f"CASE WHEN {found.sql} THEN {place}::smallint END")
                if one.aggregate is not Aggregate.COUNT:
                    amounts.append(f"'{place}', CASE WHEN {found.sql} THEN {conditions.value(one.source, one.of)} END")
            key = f"coalesce(f.{COLUMNS[kind]}::text, '')" if kind in COLUMNS else "''"
            values |= {"result": result.pk}
            table, column = TABLES[group[0][1].source], KEYS[group[0][1].source]
            cursor.execute(
                f"""INSERT INTO yw_indicators_resultmember (result_id, source, fact_id, case_id, object_key, hits, amounts)
                SELECT %(result)s, '{source}', fact, case_id, object_key, hits, amounts FROM (
                    SELECT f.{column} AS fact, f.case_id, {key} AS object_key,
                           array_remove(ARRAY[{', '.join(hits)}], NULL) AS hits,
                           jsonb_strip_nulls(jsonb_build_object({', '.join(amounts)})) AS amounts
                    FROM {table} f WHERE {where}
                ) x WHERE hits <> '{{}}'
                ON CONFLICT (result_id, source, fact_id) DO UPDATE
                SET hits = yw_indicators_resultmember.hits || excluded.hits, amounts = yw_indicators_resultmember.amounts || excluded.amounts""",
                values,
            )
