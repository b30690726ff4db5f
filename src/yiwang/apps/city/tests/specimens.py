"""What the city tells the sweeps (tests/sweeps): cases in three districts, of several bodies, in every end; its lists and their oracles."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone
from lxml import html
from openpyxl import load_workbook

from tests.sweeps.readers import Reader
from tests.sweeps.specimens import Carried, Kind, Listing, Specimen, Write
from tests.walk import advance, do, report, upload
from tests.world import DIRECT, THIRD, TWO_LEVEL, World
from yiwang.apps.city.models import CensusOrder, CityCase, EmergencyTask
from yiwang.apps.city.services import census, emergency
from yiwang.apps.city.tests import census_town, field_specimens, judging_specimens, leader_specimens
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.cases.contracts import PersonDraft
from yiwang.kernel.cases.models import Case, CaseParty, Report, SavedView, Task
from yiwang.kernel.cases.tests.specimens import Facts, case_kind, clone_cases, task_kind
from yiwang.kernel.files.exports.marks import strip

PAGE = "city.cases"
WHOLE_BOX = "115.9,36.4,116.1,36.5"
CASES = {
    "new": "reported by the public", "to_file": "waits to be filed", "work": "with a department of the city", "closed": "closed",
    "east_new": "another district's, reported", "east_work": "another district's, with its sanitation crew", "third_new": "a third district's",
    "refused": "refused", "trial": "a trial, not real", "own": "reported by a citizen, twice", "secret": "of a caller who asked for secrecy",
}  # fmt: skip
NOT_IDS = {
    "city/figures/<slug:code>/": "a subject of figures, known to whoever may settle them",
    "open311/v2/<path:rest>": "answers 404 to everybody, whatever stands there",
    "open311/v2/services/<str:code>": "a class of the dictionary, for everybody",
    "open311/v2/services/<str:code>.<str:format>": "a class of the dictionary, for everybody",
}
NOT_LISTS = {
    "city/census/new/": "a form, and what it would be", "city/ownership/": "the lists of the reader's cases of that matter (`ownership.lists`, tested beside it), and shares of components",
    "city/board/": "counts, compared by the listing `board`", "city/report/classes/": "the dictionary, for whoever may report",
    "city/phone/": "the app itself, the same for everybody", "city/phone/worker.js": "the app's script", "city/phone/map-worker.js": "the map's script", "city/phone/painter.js": "the script that draws photos", "city/phone/manifest.webmanifest": "how the app is called",
    "city/phone/token.json": "the reader's own secret",
    "report/query/": "one report, by its query code",
    **judging_specimens.NOT_LISTS,
    **leader_specimens.NOT_LISTS,
    "city/screen/": "counts of one area, each compared with its list by test_screen", "city/screen/numbers.json": "the same counts", "city/screen/points.json": "open cases of one area, held by test_screen",
    "city/analysis/": "counts of one area, each compared with its list by test_analysis",
    "city/emergency/": "emergencies of the reader's areas and tasks, held by test_emergency",
    "city/again/": "places out of the reader's cases, held by test_patterns", "city/hours/": "counts out of the reader's cases, held by test_patterns",
}  # fmt: skip


def fill(world: World) -> dict[str, Any]:
    """Make cases in the other districts and of other bodies, ended ones, a trial, a citizen's own, a secret caller's."""
    east = report(world, who="inspector3", text="听河街道垃圾堆放，井盖被埋", district=TWO_LEVEL, at=(1, 1), photo="e2")
    east = do(world, advance(world, east, "pending_dispatch"), "dispatcher", "complete", "dispatch", "dispatch")
    if Task.all_modes.filter(case=east, step="district_dispatch", state="open").exists():
        crew = [str(world.orgs["yundong-sanitation"].uid)]
        east = do(world, east, "district_dispatcher", "complete", "district_dispatch", "dispatch", departments=crew)
    refused = do(world, report(world, text="不是城市管理的事", at=(0, 1), photo="r1"), "acceptor", "complete", "accept", "refuse", reason="不属于受理范围")
    trial = report(world, text="试运行的井盖", at=(1, 0), photo="t1")
    for model, key in ((Case, {"pk": trial.pk}), (Task, {"case": trial}), (Report, {"case": trial})):
        model.all_modes.filter(**key).update(mode="trial")
    own = report(world, who="citizen", channel="public", text="我家门口的井盖坏了", at=(4, 2), photo="c1")
    told = Report.all_modes.get(case=own)
    for number in (1, 2):  # told again, twice more
        Report.all_modes.create(
            case=own, opened_case=False, channel="public", reporter_account_id=told.reporter_account_id, text=f"再报一次 {number}", area_path=own.area_path,
            query_code=f"AGAIN{number}2345", occurred_at=told.occurred_at, received_at=told.received_at + timedelta(minutes=number),
        )  # fmt: skip
    secret = PersonDraft(name="言密者", phone="13800007777", secret=True)
    found = {
        "east_new": report(world, who="", channel="public", text="朝霞街道路口井盖缺失", district=TWO_LEVEL, at=(2, 2), photo="e1"),
        "east_work": east, "refused": refused, "trial": Case.all_modes.get(pk=trial.pk), "own": own,
        "third_new": report(world, who="", channel="public", text="南陌街道井盖下沉", district=THIRD, at=(3, 3), photo="n1"),
        "secret": report(world, who="acceptor", channel="hotline", text="有人占道经营，请保密", at=(2, 4), class_="matter:02001", photo="", person=secret),
        "work": advance(world, report(world, text="井盖破损，待处置", at=(0, 2), photo="f9"), "pending_handle"),
    }  # fmt: skip
    voice = upload(world.actor("acceptor"), "voice")
    from yiwang.kernel.files.models import Attachment
    from yiwang.kernel.files.services import claim

    claim(actor=world.actor("acceptor"), uids=[voice], subject_kind="case", subject_uid=found["secret"].uid, area_path=found["secret"].area_path)
    Attachment.objects.filter(uid=voice).update(is_personal=True)
    found |= _censuses(world)
    field_specimens.fill(world)
    judging_specimens.fill(world, found)
    leader_specimens.fill(world)
    found |= {"emergency": _raised(world, found["east_new"]), "emergency_over": _raised(world, found["third_new"], over=True)}
    for key in ("acceptor", "leader_east"):
        SavedView.objects.create(account=world.account(key), page=PAGE, name=f"视图 {key}", query="state=open")
    return found


def _raised(world: World, case: Case, *, over: bool = False) -> Any:
    """Raise a case; its tasks are the leaders' and its body's, whoever is on shift."""
    chief = world.actor("shift_leader")
    made = emergency.raise_case(actor=chief, case=case.uid, reason="路面塌陷，车辆受困", plan="general")
    return emergency.end(actor=chief, emergency=made.uid, summary="已处置") if over else made


def _emergency_kind(made: Any) -> Kind:
    """For whoever sees emergencies of the area, or has a task in one."""
    rows = [made.town[key] for key in ("emergency", "emergency_over")]
    takers = {row.pk: set(EmergencyTask.objects.filter(emergency=row).values_list("account_id", flat=True)) for row in rows}

    def sees(reader: Reader, row: Any) -> bool:
        return any(not org and row.area_path.startswith(area) for area, org in reader.places("city.emergency.view")) or (reader.account_id in takers[row.pk] and reader.account_id is not None)

    def says(reader: Reader, s: Specimen) -> bool:
        return s.seen_by(reader) and s.row.ended_at is None and (reader.may("city.emergency.command", s.row.area_path) or reader.account_id in takers[s.row.pk])

    found = [Specimen(f"emergency {row.pk}", {"uid": row.uid}, lambda r, e=row: sees(r, e), (str(row.uid),), row) for row in rows]
    return Kind("emergency", ("city/emergency/<uuid:uid>/",), found, {"uid": uuid7()}, {
        "city:emergency": Write(lambda s: {"do": "say", "text": "记一笔"}, "shift_leader", f"emergency {rows[0].pk}", says),
    })  # fmt: skip


def _censuses(world: World) -> dict[str, Any]:
    """Order a census in two districts; in one of them a finding waits."""
    census_town.staff(world)
    own = census.order(actor=world.actor("shift_leader"), wanted=census_town.wanted(world, asks_new=True))
    east = census.order(actor=world.actor("leader_east"), wanted=census_town.wanted(world, areas=(TWO_LEVEL,), asks_new=True))
    made = {key: Case.all_modes.get(uid=uid) for key, uid in (("census", own), ("census_east", east))}
    part, inspector = census_town.part_of(made["census"]), world.actor("inspector")
    census.answer(
        actor=inspector, task=part.task.uid, asset=world.assets["drain"].uid, answer="retire", values={"reason": "已拆除"}, files=[upload(inspector, "cs")]
    )  # fmt: skip
    return made


def _census_kinds(made: Any, facts: Facts) -> list[Kind]:
    """Orders by their case (whose number whoever has a part is told); parts by their task: for who may do it, did it, or may order there."""
    orders = [
        Specimen(f"census {key}", {"uid": made.town[key].uid}, lambda r, c=facts.cases[made.town[key].pk]: facts.sees(r, c), (), made.town[key])
        for key in ("census", "census_east")
    ]
    tasks = [t for t in facts.tasks if t.kind == "census"]

    def sees(reader: Reader, task: Task) -> bool:
        return facts.may_do(reader, task) or reader.account_id in (task.account_id, task.done_by_id) or reader.may("city.census.order", task.area_path)

    parts = [Specimen(f"part of {t.case_id} in {t.area_path}", {"uid": t.uid}, lambda r, t=t: sees(r, t), (), t) for t in tasks]
    cover, part = made.world.assets["cover"], census_town.part_of(made.town["census"])
    said = {"do": "answer", "answer": "confirm", "asset": str(cover.uid)}
    give = {"do": "give", "part": str(part.uid), "account": ""}
    return [
        Kind("census order", ("city/census/<uuid:uid>/",), orders, {"uid": uuid7()}, {
            "city:census_one": Write(lambda s: give, "shift_leader", "census census", lambda r, s: s.seen_by(r) and s.row.pk == part.order_id and r.may("city.census.order", s.row.area_path)),
        }),
        Kind("census part", ("city/census/parts/<uuid:uid>/",), parts, {"uid": uuid7()}, {
            "city:census_part": Write(lambda s: said, "inspector", f"part of {part.order_id} ", lambda r, s: s.row.pk == part.task_id and facts.may_do(r, s.row)),
        }),
    ]  # fmt: skip


def kinds(made: Any) -> list[Kind]:
    facts = Facts.read()
    note = {"action": "note", "reason": "记一笔"}
    link = CaseParty.objects.filter(case=made.town["secret"]).first()

    def notes(reader: Reader, s: Specimen) -> bool:
        bodies = ("", *facts.orgs.get(s.row.pk, ()))
        return s.seen_by(reader) and any(reader.may("city.case.note", s.row.area_path, body) for body in bodies)

    def raises(reader: Reader, s: Specimen) -> bool:
        return s.seen_by(reader) and s.row.closed_at is None and reader.may("city.case.escalate", s.row.area_path)

    def reveals(reader: Reader, s: Specimen) -> bool:
        """Of a secret caller: who sees persons there by a post that is bound to no body. The link is that case's alone."""
        places = reader.places("city.party.view")
        return s.row.pk == link.case_id and s.seen_by(reader) and any(not org and s.row.area_path.startswith(area) for area, org in places)

    writes = {
        "city:act": Write(lambda s: _page_note(s), "acceptor", "work", notes),
        "city:emergency_raise": Write(lambda s: {"reason": "现场危险", "plan": "general"}, "shift_leader", "work", raises),
        "city:reveal": Write(lambda s: {"party": link.pk, "purpose": "回访"}, "acceptor", "secret", reveals),
        "api-v1:act_on_case": Write(lambda s: note, "acceptor", "work", notes),
    }  # fmt: skip
    done = {"action": "complete", "outcome": "pass", "data": {"class": "component:01001"}}
    codes = {r.case_id: r.query_code for r in facts.reports if r.query_code}
    return [
        case_kind(made, "city", CASES, ("city/cases/<uuid:uid>/", "city/screen/cases/<uuid:uid>/", "city/emergency/raise/<uuid:uid>/", "api/v1/cases/<uuidstr:uid>"), writes),
        task_kind(made, "city", {k: v for k, v in CASES.items() if k not in ("closed", "refused")}, ("api/v1/tasks/<uuidstr:uid>",),
                  {"api-v1:act_on_task": Write(lambda s: done, "acceptor", "new", lambda r, s: facts.may_do(r, s.row))}),
        _emergency_kind(made), _views(made), _requests(facts), _tokens(facts), *field_specimens.kinds(made), *judging_specimens.kinds(made), *leader_specimens.kinds(made), *_photos(made, facts, codes), *_census_kinds(made, facts),
    ]  # fmt: skip


def _page_note(specimen: Specimen) -> dict[str, Any]:
    """A note as the case page's own form sends it."""
    version = Case.all_modes.get(pk=specimen.row.pk).version
    return {"action": "note", "move-case-note-reason": "记一笔", "version": version, "idempotency_key": str(uuid7())}


def _views(made: Any) -> Kind:
    rows = [Specimen(f"a saved view of {v.account.username}", {"view_id": v.pk}, lambda r, v=v: r.account_id == v.account_id, (v.name,), v)
            for v in SavedView.objects.select_related("account").order_by("pk")]  # fmt: skip
    return Kind("saved view", ("city/cases/views/<int:view_id>",), rows, {"view_id": 99999999}, {
        "city:delete_view": Write(lambda s: {}, "acceptor", "a saved view of acceptor", lambda r, s: s.seen_by(r)),
    })  # fmt: skip


def _requests(facts: Facts) -> Kind:
    """Open311 shows every real report to everybody, and no trial."""
    rows = [Specimen(f"request of mode {r.mode}", {"number": r.uid, "format": "json"}, lambda _r, r=r: r.mode == "live", (str(r.uid),), r)
            for r in facts.reports if r.mode == "trial" or r.pk == facts.reports[0].pk]  # fmt: skip
    return Kind("open311 request", ("open311/v2/requests/<str:number>",), rows, {"number": uuid7(), "format": "json"})


def _tokens(facts: Facts) -> Kind:
    rows = [Specimen(f"token of a {r.mode} report", {"value": r.query_code, "format": "json"}, lambda _r, r=r: r.mode == "live", (), r)
            for r in facts.reports if r.query_code and (r.mode == "trial" or r.pk == facts.reports[0].pk)]  # fmt: skip
    return Kind("open311 token", ("open311/v2/tokens/<str:value>",), rows, {"value": "ZZZZZZZZZZ", "format": "json"})


def _photos(made: Any, facts: Facts, codes: Mapping[int, str]) -> list[Kind]:
    """A photo by the query code of its own report; never another case's photo with one's own code, nor a voice."""
    from yiwang.kernel.files.models import Attachment

    own, other = made.town["new"], made.town["east_new"]
    uid_of = {f.subject_uid: f.uid for f in Attachment.objects.filter(kind="photo", stage="before", is_personal=False).order_by("-pk")}
    rows = [
        Specimen("one's own photo", {"code": codes[own.pk], "uid": uid_of[own.uid]}, lambda _r: True),
        Specimen("another case's photo with one's own code", {"code": codes[own.pk], "uid": uid_of[other.uid]}, lambda _r: False),
    ]
    media = [
        Specimen("a photo of a live case", {"uid": uid_of[own.uid]}, lambda _r: True),
        Specimen("a photo of a trial", {"uid": uid_of[made.town["trial"].uid]}, lambda _r: False),
        Specimen("a caller's voice", {"uid": Attachment.objects.get(is_personal=True).uid}, lambda _r: False),
    ]
    return [
        Kind("photo by code", ("report/query/<str:code>/<uuid:uid>",), rows, {"code": codes[own.pk], "uid": uuid7()}),
        Kind("public photo", ("open311/v2/media/<uuid:uid>",), media, {"uid": uuid7()}),
    ]


def carried(made: Any) -> list[Carried]:
    """Where a case's number comes in a query or a body."""
    point = made.world.point()
    told = {"text": "再报一次", "class": "component:01001", "lon": point[0], "lat": point[1]}
    file = {"action": "note", "reason": "附件"}
    return [
        Carried("city case", "city:intake", "GET", lambda v: {"case": str(v["uid"])}, ("case",)),
        Carried("city case", "api-v1:create_report", "POST", lambda v: {**told, "case": str(v["uid"])}, ("case",), json=True),
        Carried("city case", "city:hotline", "POST", lambda v: {"text": "再报一次", "lon": point[0], "lat": point[1], "join": str(v["uid"])}, ("join",)),
        Carried("file", "api-v1:create_report", "POST", lambda v: {**told, "files": [str(v["uid"])]}, ("files",), json=True),
        Carried("file", "api-v1:act_on_case", "POST", lambda v: {**file, "files": [str(v["uid"])]}, ("files",), json=True,
                values={"uid": made.town["work"].uid}),
        Carried("file", "api-v1:act_on_task", "POST", lambda v: {"action": "complete", "outcome": "pass", "files": [str(v["uid"])]}, ("files",), json=True,
                values={"uid": Task.all_modes.get(case=made.town["new"], state="open").uid}),
        *field_specimens.carried(made),
        *leader_specimens.carried(made),
    ]  # fmt: skip


# --- lists ------------------------------------------------------------------------------------------------------------


def lists(made: Any) -> list[Listing]:
    oracle = Oracle(made)
    filters = {
        "state": ("", "open", "ended", "intake", "handling", "checking", "closed"), "district": ("", DIRECT, TWO_LEVEL, THIRD, "000000"),
        "channel": ("", "public", "inspector"), "urgent": ("", "1"), "overdue": ("", "1"), "class": ("", "component:01", "matter:02001"),
        "q": ("", "井盖", "垃圾"),
    }  # fmt: skip
    api = {"open": ("", "true", "false"), "area": ("", DIRECT, TWO_LEVEL), "state": ("", "reported", "closed,merged"),
           "class": ("", "component:01001", "02001"), "text": ("", "井盖")}  # fmt: skip
    grow = oracle.grow
    return [
        Listing("case list", "city:cases", _uids_of_links, oracle.list_page, filters, next_page=_next_link, grow=grow),
        Listing("cases by API", "api-v1:list_cases", _json_uids, oracle.api, api, {"size": "7"}, next_page=_next_cursor, grow=grow),
        Listing("export", "city:export", _sheet_titles, oracle.titles, filters),
        Listing("map layer, near", "map_layer", _feature_uids, oracle.near, {k: filters[k] for k in ("district", "channel")},
                {"bbox": WHOLE_BOX, "zoom": "16"}, {"code": "city.open_cases"}, grow=grow, readers=(None,)),
        Listing("map layer, far", "map_layer", _counted, oracle.far, {"channel": filters["channel"]}, {"bbox": WHOLE_BOX, "zoom": "10"},
                {"code": "city.open_cases"}, readers=(None,)),
        Listing("map", "city:map", _uids_of_links, oracle.map_page, {k: filters[k] for k in ("district", "channel")}, grow=grow),
        Listing("board", "city:board", _figures, oracle.figures),
        Listing("desk", "city:desk", _desk_tasks, oracle.tasks, next_page=_next_link, grow=oracle.grow_tasks),
        Listing("desk, done", "city:desk", _desk_tasks, oracle.done, query={"tab": "done"}),
        Listing("desk, supervised", "city:desk", _desk_tasks, oracle.supervised, query={"tab": "supervised"}),
        Listing("supervised", "city:supervised", _desk_tasks, oracle.supervised),
        Listing("tasks by API", "api-v1:list_tasks", _json_uids, oracle.tasks, {}, {"size": "5"}, next_page=_next_cursor, grow=oracle.grow_tasks),
        Listing("intake", "city:intake", _intake_uids, oracle.intake, grow=oracle.grow_tasks),
        Listing("search", "search", _uids_of_links, oracle.search, {"q": ("井盖", "垃圾", "望湖")}, {"q": "井盖"}),
        Listing("my reports", "city:my_reports", _codes, oracle.own_codes, next_page=_next_link),
        Listing("census orders", "city:census", _census_uids, oracle.orders, next_page=_next_link, grow=oracle.grow_orders),
        Listing("open311 requests", "open311:requests", _request_ids, oracle.requests, {"status": ("", "open", "closed")}, values={"format": "json"}),
        *field_specimens.lists(made),
        *judging_specimens.lists(made),
    ]  # fmt: skip


class Oracle:
    """What belongs on each list, in loops over all rows as they are now."""

    def __init__(self, made: Any) -> None:
        self.made = made

    def _cases(self, reader: Reader) -> list[Case]:
        facts = Facts.read()
        return [c for c in facts.live("city") if facts.sees(reader, c)]

    def _fits(self, case: Case, side: CityCase, given: Mapping[str, str]) -> bool:
        from yiwang.apps.city.queries.lists import GROUPS

        state, code = given.get("state", ""), given.get("class", "")
        area = {a.code: a.path for a in self.made.world.areas.values()}
        if state and state not in ("open", "ended") and case.state not in GROUPS.get(state, (state,)):
            return False
        kind, _colon, number = code.partition(":")
        words = given.get("q", "")
        return (
            (state != "open" or case.closed_at is None) and (state != "ended" or case.closed_at is not None)
            and (not given.get("district") or case.area_path.startswith(area.get(given["district"], "none")))
            and (not given.get("channel") or case.channel == given["channel"])
            and (not given.get("urgent") or case.is_urgent)
            and (not given.get("overdue") or (case.closed_at is None and case.due_at is not None and case.due_at < timezone.now()))
            and (not code or (side.kind == kind and side.class_code.startswith(number)))
            and (not words or any(words in text for text in (case.title, case.description, case.address, case.number or "")))
        )  # fmt: skip

    def _listed(self, reader: Reader, given: Mapping[str, str]) -> list[Case]:
        sides = {side.case_id: side for side in CityCase.objects.all()}
        return [c for c in self._cases(reader) if self._fits(c, sides[c.pk], given)]

    def list_page(self, reader: Reader, given: Mapping[str, str]) -> set[str]:
        return {str(c.uid) for c in self._listed(reader, given)}

    def titles(self, reader: Reader, given: Mapping[str, str]) -> set[str]:
        return {f"{c.title}|{c.address}|{c.number or ''}" for c in self._listed(reader, given)}

    def api(self, reader: Reader, given: Mapping[str, str]) -> set[str]:
        areas = {a.code: a.path for a in self.made.world.areas.values()}
        found, sides = set(), {side.case_id: side for side in CityCase.objects.all()}
        for case in self._cases(reader):
            side = sides[case.pk]
            classes = [c for c in given.get("class", "").split(",") if c]
            if given.get("open") and (case.closed_at is None) is not (given["open"] == "true"):
                continue
            if given.get("state") and case.state not in given["state"].split(","):
                continue
            if given.get("area") and not case.area_path.startswith(areas[given["area"]]):
                continue
            if classes and not any(c in (side.class_code, f"{side.kind}:{side.class_code}") for c in classes):
                continue
            if given.get("text") and not any(given["text"] in t for t in (case.title, case.description, case.address, case.number or "")):
                continue
            found.add(str(case.uid))
        return found

    def near(self, reader: Reader, given: Mapping[str, str]) -> set[str]:
        return {str(c.uid) for c in self._listed(reader, {**given, "state": "open"}) if c.point is not None} if reader.holds("city.map.view") else set()

    def far(self, reader: Reader, given: Mapping[str, str]) -> set[str]:
        return {f"{len(self.near(reader, given))} in all"} if reader.holds("city.map.view") else set()

    def map_page(self, reader: Reader, given: Mapping[str, str]) -> set[str]:
        return {str(c.uid) for c in self._listed(reader, {**given, "state": "open"})}

    def figures(self, reader: Reader, given: Mapping[str, str]) -> set[str]:
        rows, now = self._cases(reader), timezone.now()
        today = timezone.localtime(now).date()
        day = lambda moment: moment is not None and timezone.localtime(moment).date() == today  # noqa: E731
        still = [c for c in rows if c.closed_at is None]
        numbers = [len([c for c in rows if day(c.reported_at)]), len([c for c in rows if day(c.filed_at)]), len([c for c in rows if day(c.closed_at)]),
                   len(still), len([c for c in still if c.due_at and c.due_at < now]), len([c for c in still if c.supervise_count > 0])]  # fmt: skip
        return {f"{at}: {number}" for at, number in enumerate(numbers)}

    def _tasks(self, reader: Reader) -> list[Task]:
        facts = Facts.read()
        return [t for t in facts.tasks if t.state == "open" and t.mode == "live" and facts.cases[t.case_id].app == "city" and facts.may_do(reader, t)]

    def tasks(self, reader: Reader, given: Mapping[str, str]) -> set[str]:
        return {str(t.uid) for t in self._tasks(reader)}

    def done(self, reader: Reader, given: Mapping[str, str]) -> set[str]:
        return {str(t.uid) for t in Facts.read().tasks if t.state == "done" and t.mode == "live" and t.done_by_id is not None and t.done_by_id == reader.account_id}

    def supervised(self, reader: Reader, given: Mapping[str, str]) -> set[str]:
        facts = Facts.read()
        rows = [t for t in facts.tasks if t.state == "open" and t.kind == "supervise" and t.mode == "live"]
        return {str(t.uid) for t in rows if facts.may_do(reader, t) or t.data.get("asked_by") == reader.account_id}

    def intake(self, reader: Reader, given: Mapping[str, str]) -> set[str]:
        cases = {c.pk: str(c.uid) for c in Case.all_modes.all()}
        return {cases[t.case_id] for t in self._tasks(reader) if t.kind == "process" and t.step == "accept"}

    def search(self, reader: Reader, given: Mapping[str, str]) -> set[str]:
        return {str(c.uid) for c in self._cases(reader) if any(given["q"] in text for text in (c.title, c.description, c.address))}

    def own_codes(self, reader: Reader, given: Mapping[str, str]) -> set[str]:
        return {r.query_code for r in Facts.read().reports if r.reporter_account_id == reader.account_id and r.query_code and r.mode == "live"}

    def requests(self, reader: Reader, given: Mapping[str, str]) -> set[str]:
        facts = Facts.read()
        status = given.get("status", "")
        return {
            str(r.uid) for r in facts.reports
            if r.mode == "live" and (not status or (facts.cases[r.case_id].closed_at is None) is (status == "open"))
        }

    def orders(self, reader: Reader, given: Mapping[str, str]) -> set[str]:
        return {str(c.uid) for c in self._cases(reader) if CensusOrder.objects.filter(case=c).exists()}

    def grow_orders(self, count: int) -> None:
        clone_cases(Case.all_modes.get(pk=self.made.town["census"].pk), count, typed=_clone_order)

    def grow(self, count: int) -> None:
        """More cases like the one at work, many reported at the very same moment."""
        clone_cases(Case.all_modes.get(pk=self.made.town["work"].pk), count, typed=_clone_side)

    def grow_tasks(self, count: int) -> None:
        """More cases at intake and at a department, so that every desk fills."""
        self.grow(count)
        clone_cases(Case.all_modes.get(pk=self.made.town["to_dispatch"].pk), count, typed=_clone_side)
        clone_cases(Case.all_modes.get(pk=self.made.town["new"].pk), count, typed=_clone_side)


def _clone_side(case: Case, copy: Case) -> None:
    side = CityCase.objects.get(case=case)
    side.pk = copy.pk
    side.save(force_insert=True)


def _clone_order(case: Case, copy: Case) -> None:
    _clone_side(case, copy)
    order = CensusOrder.objects.get(case=case)
    order.pk = copy.pk
    order.save(force_insert=True)


def _census_uids(answer: Any) -> list[str]:
    links = [a.get("href", "") for a in _page(answer).iter("a") if a.get("href", "").startswith("/city/census/")]
    return list(dict.fromkeys(part for link in links if len(part := link.split("/")[3]) == 36))


def _page(answer: Any) -> Any:
    return html.fromstring(answer.content.decode())


def _uids_of_links(answer: Any) -> list[str]:
    """Return the cases that the page's main part links to, each once for each row."""
    main = _page(answer).find(".//main")
    links = [a.get("href") for a in (main if main is not None else _page(answer)).iter("a") if a.get("href", "").startswith("/city/cases/")]
    found = [part.split("/")[3] for part in links if len(part.split("/")) > 4 and len(part.split("/")[3]) == 36]
    return list(dict.fromkeys(found))


def _desk_tasks(answer: Any) -> list[str]:
    return [row.uid for group in answer.context["groups"] for row in group.rows]


def _intake_uids(answer: Any) -> list[str]:
    links = [a.get("href", "") for a in _page(answer).iter("a")]
    return list(dict.fromkeys(link.partition("?case=")[2][:36] for link in links if "/city/intake/?case=" in link))


def _next_link(answer: Any) -> str:
    rel = [a.get("href") for a in _page(answer).iter("a") if a.get("rel") == "next" or "yw-next" in (a.get("class") or "")]
    return rel[0] if rel else ""


def _json_uids(answer: Any) -> list[str]:
    return [item["uid"] for item in answer.json()["items"]]


def _next_cursor(answer: Any) -> str:
    cursor = answer.json()["next"]
    return f"?cursor={cursor}" if cursor else ""


def _sheet_titles(answer: Any) -> list[str]:
    rows = list(load_workbook(io.BytesIO(answer.content)).active.iter_rows(min_row=4, values_only=True))
    number, title, address = 0, 1, 7
    return [f"{strip(r[title])}|{strip(r[address] or '')}|{r[number] or ''}" for r in rows]


def _feature_uids(answer: Any) -> list[str]:
    return [f["properties"]["uid"] for f in json.loads(answer.content)["features"]]


def _counted(answer: Any) -> list[str]:
    return [f"{sum(f['properties']['count'] for f in json.loads(answer.content)['features'])} in all"]


def _figures(answer: Any) -> list[str]:
    return [f"{at}: {figure.value}" for at, (figure, _link) in enumerate(answer.context["today"])]


def _codes(answer: Any) -> list[str]:
    return [row.code for row in answer.context["rows"]]


def _request_ids(answer: Any) -> list[str]:
    return [row["service_request_id"] for row in answer.json()]

