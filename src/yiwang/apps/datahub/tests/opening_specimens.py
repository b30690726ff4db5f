"""What open data tells the sweeps: sets of two bureaus in every state, requests, a challenge."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.sweeps.readers import Reader
from tests.sweeps.specimens import Kind, Listing, Specimen, Write
from yiwang.apps.datahub.models import Challenge, OpenRequest, OpenSet, OpenVersion
from yiwang.apps.datahub.tests import portal
from yiwang.apps.datahub.tests.hub import make_dataset
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.uid import uuid7

_PUBLIC = "open data is for everybody; what is not open has no address there (test_opening_portal, test_opening_ckan)"
NOT_IDS = {
    **{f"open/{rest}": _PUBLIC for rest in ("<slug:slug>/", "<slug:slug>/files/<str:name>", "<slug:slug>/datapackage.json", "<slug:slug>/package.zip", "challenges/<slug:slug>/")},
    "api/3/action/<str:name>": "the name of an action", "api/action/<str:name>": "the name of an action", "catalog.<str:form>": "a format",
    "dataset/<str:name>.<str:form>": _PUBLIC, "dataset/<str:name>": _PUBLIC,
}  # fmt: skip
NOT_LISTS = {
    **{f"open/{rest}": _PUBLIC for rest in ("", "promises/", "use/", "terms/", "requests/", "challenges/")},
    "api/3": "the names of the actions", "data/open/new/": "a form on one data set, held by test_opening_privacy",
}  # fmt: skip


def fill(world: Any) -> dict[str, Any]:
    opened = portal.open_trees(world, "sweep-trees")
    civil = make_dataset(world.orgs["bureau-civil"], "sweep-civil", "救助站", text=f"dataset: sweep-civil\nname: {{zh-Hans: 救助站}}\n{portal.TREES}", state="published", opening="unconditional", grade=1)
    waiting = portal.prepare(world, civil, slug="sweep-shelters", who="data_owner", title={"zh-Hans": "救助站"})
    for code, row in (("SWEEPGREEN", opened), ("SWEEPCVLAA", waiting.open_set)):
        OpenRequest.objects.create(
            code=code, kind="correct", open_set=row, org=row.org, org_path=row.org_path, area_path=row.area_path, text=f"更正 {row.slug}", due_at=now() + timedelta(days=20)
        )
    org = world.orgs["bureau-civil"]
    challenge = Challenge.objects.create(
        slug="sweep-contest", kind="contest", title={"zh-Hans": "数据大赛"}, brief="用开放数据做点什么。", criteria=[{"name": "创新", "most": 100}], org=org, org_path=org.path,
        area_path=org.area.path, state="open", closes_at=now() + timedelta(days=9), posted_by=world.account("data_steward"),
    )  # fmt: skip
    challenge.judges.set([world.account("data_owner"), world.account("data_owner2")])
    return {"open_waiting": waiting}


def _handles(reader: Reader, row: OpenSet) -> bool:
    return any(reader.may(p, row.area_path, row.org_path) for p in ("datahub.open.prepare", "datahub.open.release"))


def _answers(reader: Reader, row: OpenRequest) -> bool:
    return reader.may("datahub.open.answer", row.area_path, row.org_path)


def _runs(reader: Reader, row: Challenge) -> bool:
    is_judge = reader.holds("datahub.open.judge") and reader.account_id in {j.pk for j in row.judges.all()}
    return is_judge or reader.may("datahub.open.challenge", row.area_path, row.org_path)


def kinds(made: Any) -> list[Kind]:
    sets = [Specimen(f"open set {s.slug}", {"uid": s.uid}, lambda r, s=s: _handles(r, s), (), s) for s in OpenSet.objects.order_by("pk")]
    requests = [Specimen(f"open request {q.code}", {"uid": q.uid}, lambda r, q=q: _answers(r, q), (str(q.uid),), q) for q in OpenRequest.objects.order_by("pk")]
    challenges = [Specimen(f"challenge {c.slug}", {"uid": c.uid}, lambda r, c=c: _runs(r, c), (), c) for c in Challenge.objects.order_by("pk")]
    return [
        Kind("open set", ("data/open/sets/<uuid:uid>/",), sets, {"uid": uuid7()}, {
            "datahub:open_set": Write(lambda s: {"do": "refuse", "reason": "说明不清"}, "data_steward", "open set sweep-shelters",
                                      lambda r, s: r.may("datahub.open.release", s.row.area_path, s.row.org_path) and _waits(s.row)),
        }),
        Kind("open request", ("data/open/requests/<uuid:uid>/",), requests, {"uid": uuid7()}, {
            "datahub:open_request": Write(lambda s: {"do": "answer", "outcome": "agreed", "text": "已经更正，谢谢。"}, "data_steward", "open request SWEEPGREEN", lambda r, s: s.seen_by(r)),
        }),
        Kind("challenge", ("data/open/challenges/<uuid:uid>/",), challenges, {"uid": uuid7()}, {
            "datahub:open_challenge": Write(lambda s: {"do": "close"}, "data_steward", "challenge sweep-contest",
                                            lambda r, s: r.may("datahub.open.challenge", s.row.area_path, s.row.org_path)),
        }),
    ]  # fmt: skip


def _waits(row: OpenSet) -> bool:
    return any(v.state == "prepared" for v in OpenVersion.objects.filter(open_set=row))


def lists(made: Any) -> list[Listing]:
    uids = lambda a: [row["uid"] for row in a.context["rows"]]  # noqa: E731
    return [
        Listing("open sets", "datahub:open_sets", uids, lambda r, g: {str(s.uid) for s in OpenSet.objects.all() if _handles(r, s)}),
        Listing("open requests", "datahub:open_requests", uids, lambda r, g: {str(q.uid) for q in OpenRequest.objects.all() if _answers(r, q)}),
    ]
