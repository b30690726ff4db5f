"""The hot reads of the platform, each with hand-written SQL that fetches the same result.

`raw` is what somebody would write who knows the tables and the reader's rights beforehand: no session, no permission
look-up, no words, no HTML or JSON, rows fetched and thrown away. It is judged by the same clock in the same minute.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

Query = tuple[str, dict[str, Any]]
Box = tuple[float, float, float, float]
WORDS = ("井盖", "路面", "垃圾", "积水", "树木", "路灯", "占道", "破损")
PAGE = 51  # fifty and one that says whether there are more


@dataclass(frozen=True)
class Reader:
    """Who reads: what the hand-written SQL knows of him."""

    username: str
    area: str  # path prefix, empty for everything
    org: str = ""
    account_id: int = 0
    permissions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Read:
    """One measured read. `path` and `raw` take a random generator, so that both are asked the same."""

    code: str
    label: str
    reader: str
    accept: str
    ask: Callable[[random.Random, Reader], tuple[str, list[Query]]]
    target: bool = False  # whether the promise of at most 3 x raw is about this one


_ROW = """
SELECT c.id, c.uid, c.number, c.title, c.state, c.outcome, c.is_urgent, c.channel, c.address, c.reported_at, c.filed_at, c.due_at,
       c.closed_at, c.suspended_until, c.version, cc.kind, cc.class_code, cc.class_name, a.code, a.name, o.code, o.name,
       ST_X(c.point), ST_Y(c.point)
FROM yw_cases_case c JOIN city_citycase cc ON cc.case_id = c.id JOIN yw_areas_area a ON a.id = c.area_id
LEFT JOIN yw_identity_organization o ON o.id = c.org_id"""
_COUNT = "SELECT count(*) FROM (SELECT 1 FROM yw_cases_case c WHERE {where} LIMIT 10001) found"
_CLOCKS = """
SELECT k.*, o.name FROM yw_cases_clock k LEFT JOIN yw_cases_task t ON t.id = k.task_id
LEFT JOIN yw_identity_organization o ON o.id = t.org_id
WHERE k.case_id IN (SELECT id FROM ({ids}) page) AND k.state IN ('running', 'paused')"""
_TASKS = """
SELECT t.id, t.uid, t.kind, t.step, t.name, t.is_urgent, t.opened_at, t.due_at, t.seen_at, t.data, c.uid, c.number, c.title, c.state,
       c.address, c.area_path, c.urge_count, c.supervise_count, ST_X(c.point), ST_Y(c.point), o.name
FROM yw_cases_task t JOIN yw_cases_case c ON c.id = t.case_id LEFT JOIN yw_identity_organization o ON o.id = t.org_id WHERE {where}"""


def grams(words: str) -> str:
    """Return the tsquery of a word: every pair of neighbouring characters."""
    return " & ".join(f"'{words[i : i + 2]}'" for i in range(len(words) - 1))


def boxes() -> Box:
    """Return the box around all cases of the sample."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT min(ST_X(point)), min(ST_Y(point)), max(ST_X(point)), max(ST_Y(point)) FROM yw_cases_case WHERE point IS NOT NULL")
        west, south, east, north = (float(v) for v in cursor.fetchone())
    return west, south, east, north


def _box(rng: random.Random, whole: Box, share: float) -> Box:
    west, south, east, north = whole
    width, height = (east - west) * share, (north - south) * share
    x, y = west + rng.random() * (east - west - width), south + rng.random() * (north - south - height)
    return round(x, 6), round(y, 6), round(x + width, 6), round(y + height, 6)


def _seen(reader: Reader, values: dict[str, Any]) -> str:
    where = "c.mode = 'live' AND c.app = 'city'"
    if reader.area:
        where += " AND c.area_path LIKE %(area)s"
        values["area"] = reader.area + "%"
    if reader.org:
        where += (
            " AND c.id IN (SELECT case_id FROM yw_cases_caseorg WHERE org_path LIKE %(org)s"
            " UNION SELECT case_id FROM yw_cases_caseactor WHERE account_id = %(account)s)"
        )
        values |= {"org": reader.org + "%", "account": reader.account_id}
    return where


def _listed(reader: Reader, more: str, values: dict[str, Any], *, count: bool, clocks: bool) -> list[Query]:
    where = _seen(reader, values) + more
    order = f"ORDER BY c.reported_at DESC, c.id DESC LIMIT {PAGE}"
    found = [(f"{_ROW} WHERE {where} {order}", values)]
    if count:
        found.append((_COUNT.format(where=where), values))
    if clocks:
        ids = f"SELECT c.id, c.closed_at FROM yw_cases_case c WHERE {where} {order}"
        found.append((_CLOCKS.format(ids=f"SELECT id FROM ({ids}) page WHERE closed_at IS NULL"), values))
    return found


def reads(whole: Box, *, now: Any) -> list[Read]:
    """Return the reads in the order of the table."""

    def box_sql(box: Box, values: dict[str, Any]) -> str:
        values["box"] = list(box)
        return " AND c.point && ST_MakeEnvelope((%(box)s::float[])[1], (%(box)s::float[])[2], (%(box)s::float[])[3], (%(box)s::float[])[4], 4326)"

    def api_list(state: str) -> Callable[[random.Random, Reader], tuple[str, list[Query]]]:
        def ask(rng: random.Random, reader: Reader) -> tuple[str, list[Query]]:
            box, word, values = _box(rng, whole, 0.35), rng.choice(WORDS), {}  # type: Box, str, dict[str, Any]
            path = "/api/v1/cases?" + urlencode({
                "bbox": ",".join(map(str, box)), "text": word, "size": 50, "total": "true", **({"open": "true"} if state == "open" else {"state": state}),
            })  # fmt: skip
            values |= {"words": grams(word), "state": state}
            status = " AND c.closed_at IS NULL" if state == "open" else " AND c.state = %(state)s"
            more = status + box_sql(box, values) + " AND c.search @@ %(words)s::tsquery"
            return path, _listed(reader, more, values, count=True, clocks=False)

        return ask

    def page_list(rng: random.Random, reader: Reader) -> tuple[str, list[Query]]:
        word = rng.choice(WORDS)
        values: dict[str, Any] = {"words": grams(word)}
        return "/city/cases/?" + urlencode({"state": "open", "q": word}), _listed(
            reader, " AND c.closed_at IS NULL AND c.search @@ %(words)s::tsquery", values, count=True, clocks=True
        )

    def page_plain(rng: random.Random, reader: Reader) -> tuple[str, list[Query]]:
        return "/city/cases/", _listed(reader, "", {}, count=True, clocks=True)

    def desk(path: str, order: str) -> Callable[[random.Random, Reader], tuple[str, list[Query]]]:
        def ask(rng: random.Random, reader: Reader) -> tuple[str, list[Query]]:
            values = {"permissions": list(reader.permissions), "area": reader.area + "%", "org": reader.org + "%", "account": reader.account_id,
                      "now": now()}  # fmt: skip
            where = (
                "t.mode = 'live' AND t.state = 'open' AND (t.account_id = %(account)s OR (t.account_id IS NULL AND t.permission = ANY(%(permissions)s)"
                f"{' AND t.area_path LIKE %(area)s' if reader.area else ''}{' AND t.org_path LIKE %(org)s' if reader.org else ''}))"
            )
            found: list[Query] = [(_TASKS.format(where=where) + f" ORDER BY {order} LIMIT {PAGE}", values)]
            if path.startswith("/city"):
                found.append((
                    "SELECT count(*) FILTER (WHERE due_at < %(now)s), count(*) FILTER (WHERE due_at >= %(now)s AND due_at < %(now)s + interval '1 day'),"
                    f" count(*) FILTER (WHERE due_at >= %(now)s + interval '1 day' OR due_at IS NULL) FROM yw_cases_task t WHERE {where}", values,
                ))  # fmt: skip
                ids = f"SELECT t.id FROM yw_cases_task t WHERE {where} ORDER BY {order} LIMIT {PAGE}"
                found.append((
                    "SELECT k.*, o.name FROM yw_cases_clock k JOIN yw_cases_task t ON t.id = k.task_id LEFT JOIN yw_identity_organization o"
                    f" ON o.id = t.org_id WHERE k.task_id IN ({ids}) AND k.state IN ('running', 'paused')", values,
                ))  # fmt: skip
            return path, found

        return ask

    def layer(zoom: float, share: float) -> Callable[[random.Random, Reader], tuple[str, list[Query]]]:
        def ask(rng: random.Random, reader: Reader) -> tuple[str, list[Query]]:
            box = _box(rng, whole, share)
            path = f"/map/layers/city.open_cases.geojson?bbox={','.join(map(str, box))}&zoom={zoom}"
            values: dict[str, Any] = {"cell": 64 * 360 / (256 * 2**zoom)}
            where = _seen(reader, values) + " AND c.closed_at IS NULL" + box_sql(box, values)
            if zoom < 13.5:
                return path, [(
                    "SELECT count(*), avg(ST_X(c.point)), avg(ST_Y(c.point)), min(c.due_at) FILTER (WHERE c.suspended_until IS NULL) FROM yw_cases_case c "
                    f"WHERE {where} GROUP BY floor(ST_X(c.point) / %(cell)s), floor(ST_Y(c.point) / %(cell)s) ORDER BY 1 DESC LIMIT 2000", values,
                )]  # fmt: skip
            rows = f"FROM yw_cases_case c WHERE {where} ORDER BY c.due_at, c.id LIMIT 2001"
            return path, [
                (f"SELECT c.id, c.uid, c.number, c.title, c.state, c.due_at, c.address, c.suspended_until, ST_X(c.point), ST_Y(c.point) {rows}", values),
                (_CLOCKS.format(ids=f"SELECT c.id {rows}"), values),
            ]

        return ask

    def board(rng: random.Random, reader: Reader) -> tuple[str, list[Query]]:
        values: dict[str, Any] = {"now": now()}
        where = _seen(reader, values)
        opened = f"{where} AND c.closed_at IS NULL"
        day = "(date_trunc('day', %(now)s::timestamptz AT TIME ZONE 'Asia/Shanghai') AT TIME ZONE 'Asia/Shanghai')"
        days = [
            (f"SELECT (c.{column} AT TIME ZONE 'Asia/Shanghai')::date, count(*) FROM yw_cases_case c WHERE {where} AND c.{column} >= {day} - interval '13 days' GROUP BY 1", values)
            for column in ("reported_at", "filed_at", "closed_at")
        ]  # fmt: skip
        late = "count(*) FILTER (WHERE c.due_at < %(now)s)"
        return "/city/board/", [
            (f"SELECT c.state, count(*), {late}, count(*) FILTER (WHERE c.supervise_count > 0) FROM yw_cases_case c WHERE {opened} GROUP BY 1", values),
            (f"SELECT a.code, a.name, count(*), {late} FROM yw_cases_case c JOIN city_citycase cc ON cc.case_id = c.id JOIN yw_areas_area a"
             f" ON a.id = cc.district_id WHERE {opened} GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 60", values),
            (f"SELECT o.code, o.name, count(*), {late} FROM yw_cases_case c JOIN yw_identity_organization o ON o.id = c.org_id WHERE {opened}"
             " GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 60", values),
            *days,
        ]  # fmt: skip

    def search(rng: random.Random, reader: Reader) -> tuple[str, list[Query]]:
        word = rng.choice(WORDS) + rng.choice(("", " 人民路"))
        values: dict[str, Any] = {"words": " & ".join(grams(w) for w in word.split())}
        where = _seen(reader, values) + " AND c.search @@ %(words)s::tsquery"
        return "/search/?" + urlencode({"q": word}), [(f"{_ROW} WHERE {where} ORDER BY c.reported_at DESC, c.id DESC LIMIT 50", values)]

    def export(rng: random.Random, reader: Reader) -> tuple[str, list[Query]]:
        values: dict[str, Any] = {}
        where = _seen(reader, values) + " AND c.closed_at IS NOT NULL"
        return "/city/cases/export.xlsx?state=ended", [(
            "SELECT c.*, cc.*, d.name, s.name, o.name, m.condition FROM yw_cases_case c JOIN city_citycase cc ON cc.case_id = c.id LEFT JOIN yw_areas_area d"
            " ON d.id = cc.district_id LEFT JOIN yw_areas_area s ON s.id = cc.street_id LEFT JOIN yw_identity_organization o ON o.id = c.org_id"
            f" LEFT JOIN yw_cases_manualrow m ON m.id = c.filing_row_id WHERE {where} ORDER BY c.reported_at DESC, c.id DESC LIMIT 10000", values,
        )]  # fmt: skip

    def deep(rng: random.Random, reader: Reader) -> tuple[str, list[Query]]:
        from django.core import signing
        from django.db import connection

        with connection.cursor() as cursor:
            if "deep" not in kept:
                cursor.execute("SELECT min(reported_at) + (max(reported_at) - min(reported_at)) * 0.1 FROM yw_cases_case WHERE mode = 'live'")
                kept["deep"] = cursor.fetchone()[0]
        values: dict[str, Any] = {"at": kept["deep"], "pk": 1}
        mark = signing.dumps(["n", "reported_at", kept["deep"].isoformat(), 1], salt="yiwang.cursor", compress=False)
        return "/api/v1/cases?" + urlencode({"cursor": mark, "size": 50}), _listed(
            reader, " AND (c.reported_at, c.id) < (%(at)s, %(pk)s)", values, count=False, clocks=False
        )

    kept: dict[str, Any] = {}
    json_, html = "application/json", "text/html"
    return [
        Read("list_open", "case list, JSON: bbox + open + text, with total", "leader", json_, api_list("open"), target=True),
        Read("list_closed", "case list, JSON: bbox + closed + text, with total", "leader", json_, api_list("closed"), target=True),
        Read("list_handler", "the same of a department (open)", "handler", json_, api_list("open"), target=True),
        Read("list_deep", "case list, JSON: after nine tenths of all cases", "leader", json_, deep),
        Read("tasks", "work desk, JSON", "dispatcher", json_, desk("/api/v1/tasks", "t.opened_at DESC, t.id DESC"), target=True),
        Read("desk", "work desk, page", "dispatcher", html, desk("/city/desk/", "coalesce(t.due_at, '9999-01-01'), t.id")),
        Read("page_open", "case list, page: open + text", "leader", html, page_list),
        Read("page_all", "case list, page, no filter", "leader", html, page_plain),
        Read("map_far", "map layer, far (counted)", "leader", json_, layer(11, 0.9)),
        Read("map_near", "map layer, near (single)", "leader", json_, layer(15, 0.06)),
        Read("board", "count board, page", "leader", html, board),
        Read("search", "search everywhere, page", "leader", html, search),
        Read("export", "export of 10,000 rows (xlsx)", "shift_leader", html, export),
    ]


def reader_of(username: str) -> Reader:
    """Return what hand-written SQL may know of a person of the sample: one area, one body, his tasks' permissions."""
    from yiwang.kernel.identity.models import Account
    from yiwang.kernel.identity.queries import actor_for

    account = Account.objects.get(username=username)
    actor = actor_for(account)
    scopes = actor.scopes("city.case.view")
    tasks = tuple(sorted({g.permission for g in actor.grants if ".task." in g.permission}))
    return Reader(username, scopes[0].area_path, scopes[0].org_path if len(scopes) == 1 else "", account.pk, tasks)


def run_raw(cursor: Any, queries: Sequence[Query]) -> int:
    """Run the statements and fetch every row; returns how many."""
    found = 0
    for statement, values in queries:
        cursor.execute(statement, values)
        found += len(cursor.fetchall())
    return found
