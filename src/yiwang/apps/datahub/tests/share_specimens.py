"""What the catalogue and sharing tell the sweeps: sets, requests, grants, doubts and systems of several bureaus."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils.timezone import localdate
from lxml import html

from tests.sweeps.readers import Reader
from tests.sweeps.specimens import Kind, Listing, Specimen, Write
from yiwang.apps.datahub.models import Dataset
from yiwang.apps.datahub.models.share import Delivery, InfoSystem, RowObjection, SharingGrant, SharingRequest
from yiwang.apps.datahub.services.share import delivering, objections, systems
from yiwang.apps.datahub.tests import share_town
from yiwang.apps.datahub.tests.hub import make_dataset
from yiwang.kernel.base.uid import uuid7

VIEW, EDIT, GOVERN = "datahub.dataset.view", "datahub.dataset.edit", "datahub.dataset.govern"
REQUEST, DECIDE, SETTLE, WATCH = "datahub.share.request", "datahub.share.decide", "datahub.share.settle", "datahub.share.watch"
NOT_IDS = {f"api/v1/data/<slug:code>/{kind}": "answers 401 to whoever has no signed grant of that set, whatever stands there" for kind in ("rows", "changes", "query")}
NOT_LISTS = {
    "data/sharing/flows/": "figures of the sets that the reader sees, held by test_share_pages",
    "data/sharing/catalogue.<str:format>": "the rows of the list `catalogue`, held by test_share_catalogue",
    "data/systems/register.xlsx": "the rows of the list `systems`, held by test_share_pages",
    "data/catalogue/new/": "a form", "data/systems/new/": "a form",
}  # fmt: skip


def fill(world: Any) -> dict[str, Any]:
    """Ask across bureaus in both directions; let one be granted with a file delivered."""
    pay = share_town.make_set(world)
    secret = make_dataset(world.orgs["bureau-health"], "health-secret", "不予共享的数据", state="published", sharing="none", grade=4, sharing_reason="《统计法》第九条")
    share_town.asked(world, pay, purpose="核对在办")
    grant = share_town.granted(world, pay, way="file")
    delivering.deliver(world.actor("data_owner"), grant)
    objections.object_to(
        world.actor("data_owner2"), pay, world.orgs["bureau-health"], key="371599195001010001", column="amount", text="金额不符", evidence="截图"
    )
    steward = world.actor("data_steward")
    for code, org in (("civil-relief-system", "bureau-civil"), ("health-cards", "bureau-health"), ("trees-app", "bureau-greening")):
        systems.describe(steward, code=code, org=world.orgs[org], values={"name": f"系统 {code}", "elements": ["person_name", "identity_number"], "users": 10, "active": 4})
    return {"pay": pay, "secret_set": secret, "file_grant": grant}


def _sees_set(reader: Reader, d: Any) -> bool:
    if d.state == "published" and not (d.sharing == "none" and d.grade == 4) and reader.holds(VIEW):
        return True
    own = any(org and d.org_path.startswith(org) and d.area_path.startswith(area) for p in (VIEW, EDIT) for area, org in reader.places(p))
    return own or reader.may(GOVERN, d.area_path, d.org_path)


def _concerns(reader: Reader, row: Any) -> bool:
    return (
        reader.may(REQUEST, row.area_path, row.org_path) or reader.may(DECIDE, row.area_path, row.owner_path)
        or reader.may(SETTLE, row.area_path, row.owner_path) or reader.may(WATCH, row.area_path, row.owner_path)
    )  # fmt: skip


def _receives(reader: Reader, grant: Any) -> bool:
    return reader.may(REQUEST, grant.org.area.path, grant.org_path)


def _sees_system(reader: Reader, s: Any) -> bool:
    return any(reader.may(p, s.area_path, s.org_path) for p in ("datahub.system.view", "datahub.system.edit", "datahub.system.assess"))


def kinds(made: Any) -> list[Kind]:
    sets = [Specimen(f"set {d.code}", {"code": d.code}, lambda r, d=d: _sees_set(r, d), (), d) for d in Dataset.objects.order_by("pk")]
    own = [Specimen(f"set {d.code}", {"code": d.code}, lambda r, d=d: r.may(EDIT, d.area_path, d.org_path), (), d) for d in Dataset.objects.order_by("pk")]
    health = made.world.orgs["bureau-health"].pk if hasattr(made, "world") else 0
    wish = {
        "org": health, "columns": ["name", "amount"], "purpose": "核对医疗救助对象", "duty": "医疗救助资格确认", "basis": "《社会救助暂行办法》第二十八条", "way": "api", "per_minute": 60,
        "per_day": 1000, "valid_until": (localdate() + timedelta(days=90)).isoformat(), "contact": "医保科", "promise": "on",
    }  # fmt: skip
    words = {"name": "低保对象草稿", "abstract": "在册对象", "grade": "3", "sharing": "conditional", "opening": "none", "cycle": "monthly"}
    requests = [Specimen(f"request {q.number}", {"uid": q.uid}, lambda r, q=q: _concerns(r, q), (q.number,), q) for q in SharingRequest.objects.select_related("org__area").order_by("pk")]
    grants = [Specimen(f"grant {g.pk}", {"uid": g.uid}, lambda r, g=g: _concerns(r, g), (g.key_id,), g) for g in SharingGrant.objects.select_related("org__area").order_by("pk")]
    files = [
        Specimen(f"delivery {d.pk}", {"uid": d.grant.uid, "seq": d.seq}, lambda r, d=d: _receives(r, d.grant), (), d)
        for d in Delivery.objects.select_related("grant__org__area").order_by("pk")
    ]
    doubts = [Specimen(f"doubt {o.pk}", {"uid": o.uid}, lambda r, o=o: _concerns(r, o), (str(o.uid),), o) for o in RowObjection.objects.order_by("pk")]
    known = [Specimen(f"system {s.code}", {"code": s.code}, lambda r, s=s: _sees_system(r, s), (), s) for s in InfoSystem.objects.order_by("pk")]
    waits = next(q for q in requests if q.row.state == "owner")
    return [
        Kind("data set of the catalogue", ("data/catalogue/<slug:code>/",), sets, {"code": "never-was"}, {
            "datahub:entry": Write(lambda s: {"do": "withdraw", "reason": "并入新目录"}, "data_steward", "set health-vaccination",
                                   lambda r, s: s.row.state == "published" and r.may(GOVERN, s.row.area_path, s.row.org_path)),
        }),
        Kind("data set to describe", ("data/catalogue/<slug:code>/edit/",), own, {"code": "never-was"}, {
            "datahub:entry_edit": Write(lambda s: words, "data_owner", "set civil-draft", lambda r, s: s.row.state == "draft" and r.may(EDIT, s.row.area_path, s.row.org_path)),
        }),
        Kind("data set to ask for", ("data/sharing/ask/<slug:code>/", "data/sharing/object/<slug:code>/"), sets, {"code": "never-was"}, {
            "datahub:ask": Write(lambda s: wish, "data_owner2", "set civil-pay"),
            "datahub:object_to": Write(lambda s: {"org": health, "key": "371599195001010001", "text": "金额不符", "evidence": "截图"}, "data_owner2", "set civil-pay"),
        }),
        Kind("request for data", ("data/sharing/requests/<uuid:uid>/",), requests, {"uid": uuid7()}, {
            "datahub:request": Write(lambda s: {"do": "take_back"}, "data_owner2", waits.label,
                                     lambda r, s: s.row.state in ("owner", "refused", "disputed") and r.may(REQUEST, s.row.org.area.path, s.row.org_path)),
        }),
        Kind("grant of data", ("data/sharing/grants/<uuid:uid>/",), grants, {"uid": uuid7()}, {
            "datahub:grant": Write(lambda s: {"do": "suspend", "reason": "核查"}, "data_owner", grants[0].label, lambda r, s: r.may(REQUEST, s.row.org.area.path, s.row.org_path)
                                   or r.may(DECIDE, s.row.area_path, s.row.owner_path) or r.may(SETTLE, s.row.area_path, s.row.owner_path)),
        }),
        Kind("delivery of a grant", ("data/sharing/grants/<uuid:uid>/deliveries/<int:seq>/",), files, {"uid": uuid7(), "seq": 1}),
        Kind("doubtful row", ("data/sharing/objections/<uuid:uid>/",), doubts, {"uid": uuid7()}, {
            "datahub:objection": Write(lambda s: {"do": "corrected", "reason": "已更正"}, "data_owner", doubts[0].label, lambda r, s: r.may(DECIDE, s.row.area_path, s.row.owner_path)),
        }),
        Kind("system of the register", ("data/systems/<slug:code>/",), known, {"code": "never-was"}, {
            "datahub:system": Write(lambda s: {"do": "describe", "name": "改名", "kind": "system", "state": "running"}, "data_owner", "system civil-relief-system",
                                    lambda r, s: r.may("datahub.system.edit", s.row.area_path, s.row.org_path)),
        }),
    ]  # fmt: skip


def lists(made: Any) -> list[Listing]:
    uids = lambda a: [row["uid"] for row in a.context["rows"]]  # noqa: E731

    def more(many: int) -> None:
        org = Dataset.objects.order_by("pk")[0].org
        for n in range(many):
            make_dataset(org, f"more-{uuid7().hex[-8:]}-{n}", f"更多{n}", state="published")

    return [
        Listing("catalogue", "datahub:catalogue", uids, _catalogue, {"state": ("", "draft", "published", "x"), "sharing": ("", "none", "conditional"), "grade": ("", "3", "4", "x")}, next_page=_next, grow=more),
        Listing("requests for data", "datahub:requests", uids, _requests, {"state": ("", "owner", "granted", "x"), "side": ("", "ours", "theirs")}, next_page=_next),
        Listing("systems", "datahub:systems", uids, lambda r, g: {str(s.uid) for s in InfoSystem.objects.all() if _sees_system(r, s)}, next_page=_next),
    ]  # fmt: skip


def _catalogue(reader: Reader, given: Mapping[str, str]) -> set[str]:
    state, sharing, grade = (given.get(k, "") for k in ("state", "sharing", "grade"))
    return {
        str(d.uid) for d in Dataset.objects.all()
        if _sees_set(reader, d) and (state in ("", "x") or d.state == state) and (not sharing or d.sharing == sharing) and (not grade or str(d.grade) == grade)
    }  # fmt: skip


def _requests(reader: Reader, given: Mapping[str, str]) -> set[str]:
    state, side = given.get("state", ""), given.get("side", "")
    fits = {"ours": lambda q: any(q.org_path.startswith(o) for _a, o in reader.places(REQUEST)), "theirs": lambda q: any(q.owner_path.startswith(o) for _a, o in reader.places(DECIDE))}
    return {
        str(q.uid) for q in SharingRequest.objects.all() if _concerns(reader, q) and (state in ("", "x") or q.state == state) and (not side or fits[side](q))
    }  # fmt: skip


def _next(answer: Any) -> str:
    rel = [a.get("href") for a in html.fromstring(answer.content.decode()).iter("a") if a.get("rel") == "next"]
    return rel[0] if rel else ""
