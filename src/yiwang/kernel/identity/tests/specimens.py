"""People, bodies, posts, roles, delegations and programs for the sweeps: who administers which, in plain loops."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone

from tests.sweeps.readers import Reader
from tests.sweeps.specimens import Carried, Kind, Listing, Specimen, Write
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.identity.models import (
    Account,
    ApiClient,
    Delegation,
    GivenPassword,
    Holding,
    Organization,
    Role,
    Session,
    TryCount,
)

ADMIN, SECURITY = "identity.admin", "identity.security"
NOT_LISTS = {
    "accounts/organizations/new/": "choices of a form", "accounts/roles/": "roles are no secret to whoever may open the page",
    "accounts/clients/": "programs have no scope; only administrators of the whole open the page",
}  # fmt: skip


def fill(world: Any) -> dict[str, Any]:
    """Make a locked name, keys of two people, and somebody who has not signed in for long."""
    from allauth.mfa.models import Authenticator

    from tests.world import _person

    now = timezone.now()
    TryCount.objects.create(kind="name", key="0" * 64, account=world.account("handler2"), failures=9, window_from=now, locked_until=now + timedelta(hours=1))
    GivenPassword.objects.create(account=world.account("handler2"), given_at=now)
    for key in ("acceptor2", "shift_leader2"):  # not real ones: nobody of the sweeps can be asked for them
        Authenticator.objects.create(user=world.account(key), type="webauthn", data={"name": f"钥匙 {key}", "credential": {}})
    world.people["asleep"] = _person("asleep", "acceptor", world.orgs["centre-supervision"], "久睡", world.city, None)
    Account.objects.filter(username="asleep").update(standing="dormant", standing_since=now)
    return {}


def administers(reader: Reader, organization: Organization, *permissions: str) -> bool:
    return any(reader.may(p, organization.area.path, organization.path) for p in permissions or (ADMIN, SECURITY))


def sees_account(reader: Reader, account: Account, held: Mapping[int, list[Organization]]) -> bool:
    """An administrator of the whole sees every official; one of a part whoever holds or held a post there, and who holds none."""
    if account.is_citizen:
        return False
    if reader.may(ADMIN) or reader.may(SECURITY):
        return True
    bodies = held.get(account.pk, [])
    return reader.holds(ADMIN, SECURITY) and (not bodies or any(administers(reader, o) for o in bodies))


def held_bodies() -> dict[int, list[Organization]]:
    found: dict[int, list[Organization]] = {}
    for holding in Holding.objects.select_related("post__organization__area"):
        found.setdefault(holding.account_id, []).append(holding.post.organization)
    return found


def _holders(made: Any, permission: str) -> tuple[str, str]:
    """Return who of the made world holds it everywhere, and who holds it in a part."""
    whole = next(k for k, r in made.readers.items() if r.may(permission))
    return whole, next((k for k, r in made.readers.items() if k and r.holds(permission) and not r.may(permission)), whole)


def kinds(made: Any) -> list[Kind]:
    admin, _part = _holders(made, ADMIN)
    security, _part = _holders(made, SECURITY)
    held = held_bodies()
    # Officials stand in many choices (who takes over, who verifies); a citizen's number stands nowhere.
    people = {key: made.world.account(key) for key in ("inspector", "handler_east", "citizen", "left", "asleep")}
    accounts = [Specimen(f"account {key}", {"uid": a.uid}, lambda r, a=a: sees_account(r, a, held), (str(a.uid),) * a.is_citizen, a) for key, a in people.items()]
    bodies = [Organization.objects.select_related("area").get(code=c) for c in ("centre-supervision", "yundong-sanitation", "nanmo-greening")]
    organizations = [Specimen(f"body {o.code}", {"uid": o.uid}, lambda r, o=o: administers(r, o), (str(o.uid),), o) for o in bodies]
    holdings = [Specimen(f"post of {key}", {"holding_id": h.pk}, lambda r, h=h: administers(r, h.post.organization, SECURITY), (), h)
                for key in ("inspector", "handler_east", "stand_in")
                for h in Holding.objects.filter(account=people.get(key) or made.world.account(key)).select_related("post__organization__area")]  # fmt: skip
    delegations = [Specimen(f"delegation to {d.substitute.username}", {"delegation_id": d.pk},
                            lambda r, d=d: r.account_id in (d.absent_id, d.substitute_id) or r.may(SECURITY), (), d)
                   for d in Delegation.objects.select_related("substitute").order_by("pk")]  # fmt: skip
    roles = [Specimen("role inspector", {"code": "inspector"}, lambda r: r.holds(ADMIN, SECURITY), (), Role.objects.get(code="inspector"))]
    clients = [Specimen("program probe", {"uid": c.uid}, lambda r: r.may(ADMIN) or r.may(SECURITY), (str(c.uid),), c) for c in ApiClient.objects.all()]
    whole = lambda reader, _s: reader.may(ADMIN)  # noqa: E731
    secure = lambda reader, _s: reader.may(SECURITY)  # noqa: E731
    by_body = lambda reader, s: administers(reader, s.row, ADMIN)  # noqa: E731
    names = {"name": "改名", "name_en": "", "phone": "1", "is_active": "on"}
    on = "body yundong-sanitation"
    post = {"post": Holding.objects.get(account=made.world.account("handler_east")).post_id}
    return [
        Kind("account", ("accounts/people/<uuid:uid>/",), accounts, {"uid": uuid7()}, {
            "identity:change_account": Write(lambda s: {"name": "改名", "name_en": "", "duty_phone": "1"}, admin, "account inspector", whole),
            "identity:reset_password": Write(lambda s: {}, admin, "account inspector", whole),
            "identity:set_active": Write(lambda s: {"active": "0"}, admin, "account inspector", whole),
            "identity:give_post": Write(lambda s: post, security, "account inspector", secure),
            "identity:part": Write(lambda s: {"how": "left", "reason": "离职"}, admin, "account inspector", whole),
            "identity:wake": Write(lambda s: {}, admin, "account asleep", whole),
            "identity:end_sessions": Write(lambda s: {"reason": "遗失"}, admin, "account inspector", lambda r, _s: r.may(ADMIN) or r.may(SECURITY)),
            "identity:remove_second_factor": Write(lambda s: {"reason": "遗失"}, security, "account inspector", secure),
        }),
        Kind("organization", ("accounts/organizations/<uuid:uid>/",), organizations, {"uid": uuid7()}, {
            "identity:change_organization": Write(lambda s: names, admin, on, by_body),
            "identity:new_post": Write(lambda s: {"code": "sweep-post", "name": "岗位", "role": Role.objects.get(code="handler").pk}, admin, on, by_body),
        }),
        Kind("holding", ("accounts/holdings/<int:holding_id>/",), holdings, {"holding_id": 99999999}, {
            "identity:end_holding": Write(lambda s: {"reason": "调离"}, security, "post of inspector", lambda r, s: s.seen_by(r)),
        }),
        Kind("delegation", ("accounts/delegations/<int:delegation_id>/",), delegations, {"delegation_id": 99999999}, {
            "identity:revoke_delegation": Write(lambda s: {}, "stand_in", "delegation to stand_in", lambda r, s: s.seen_by(r)),
        }),
        Kind("role", ("accounts/roles/<str:code>/",), roles, {"code": "no-such-role"}, {
            "identity:role": Write(lambda s: {"permissions": ["city.case.view"]}, security, "role inspector", secure),
            "identity:demand_second_factor": Write(lambda s: {"demanded": "1"}, security, "role inspector", secure),
        }),
        Kind("client", ("accounts/clients/<uuid:uid>/",), clients, {"uid": uuid7()}, {
            "identity:set_client_active": Write(lambda s: {"active": "0"}, admin, "program probe", lambda r, _s: r.may(ADMIN) or r.may(SECURITY)),
        }),
        *_of_sign_in(security),
    ]  # fmt: skip


def _of_sign_in(security: str) -> list[Kind]:
    """Sessions and keys are their owner's alone; what is locked is the security administrator's."""
    from allauth.mfa.models import Authenticator

    owner = lambda r, s: s.seen_by(r)  # noqa: E731
    first = {row.account_id: row for row in Session.objects.exclude(account=None).exclude(uid=None).select_related("account").order_by("-seen_at")}
    sessions = [Specimen(f"a session of {row.account.username}", {"uid": row.uid}, lambda r, row=row: r.account_id == row.account_id, (str(row.uid),), row)
                for row in first.values() if row.account.username in ("acceptor_east", "handler2", "administrator")]  # fmt: skip
    keys = [Specimen(f"a key of {row.user.username}", {"pk": row.pk}, lambda r, row=row: r.account_id == row.user_id, (), row)
            for row in Authenticator.objects.filter(type="webauthn").select_related("user").order_by("pk")]  # fmt: skip
    locks = [Specimen("a locked name", {"lock_id": row.pk}, lambda r: r.may(SECURITY), (), row) for row in TryCount.objects.all()]
    given = [Specimen("a password that waits", {"given_id": row.pk}, lambda r: r.may(SECURITY), (), row) for row in GivenPassword.objects.all()]
    return [
        Kind("session", ("accounts/sessions/<uuid:uid>/",), sessions, {"uid": uuid7()}, {
            "identity:end_session": Write(lambda s: {}, "handler2", "a session of handler2", owner),
        }),
        Kind("key", ("accounts/2fa/keys/<int:pk>/",), keys, {"pk": 99999999}, {
            "mfa_edit_webauthn": Write(lambda s: {"name": "别人的"}, "acceptor2", "a key of acceptor2", owner),
            "mfa_remove_webauthn": Write(lambda s: {}, "acceptor2", "a key of acceptor2", owner),
        }),
        Kind("lock", ("accounts/locks/<int:lock_id>/",), locks, {"lock_id": 99999999}, {
            "identity:release_lock": Write(lambda s: {"reason": "本人申请"}, security, "a locked name", owner),
        }),
        Kind("given password", ("accounts/given-passwords/<int:given_id>/",), given, {"given_id": 99999999}, {
            "identity:release_password": Write(lambda s: {"reason": "当面核实"}, security, "a password that waits", owner),
            "identity:refuse_password": Write(lambda s: {"reason": "未申请"}, security, "a password that waits", owner),
        }),
    ]  # fmt: skip


def carried(made: Any) -> list[Carried]:
    return [Carried("organization", "ui_post", "POST", lambda v: {"post": str(v["uid"])}, ("post",))]


def lists(made: Any) -> list[Listing]:
    def people(reader: Reader, given: Mapping[str, str]) -> set[str]:
        held, q = held_bodies(), given.get("q", "")
        return {str(a.uid) for a in Account.objects.all()
                if sees_account(reader, a, held) and (not q or any(q.lower() in t.lower() for t in (a.name, a.username, a.name_en)))}  # fmt: skip

    def bodies(reader: Reader, given: Mapping[str, str]) -> set[str]:
        return {str(o.uid) for o in Organization.objects.select_related("area") if administers(reader, o)}

    def delegations(reader: Reader, given: Mapping[str, str]) -> set[str]:
        held = held_bodies()
        return {str(d.pk) for d in Delegation.objects.all()
                if reader.may(SECURITY) or any(administers(reader, o, SECURITY) for side in (d.absent_id, d.substitute_id) for o in held.get(side, []))}  # fmt: skip

    def grow(count: int) -> None:
        Account.objects.bulk_create([Account(username=f"grown-{uuid7()}", name="新人", password="!") for _ in range(count)])

    def uids(answer: Any) -> list[str]:
        return [row["href"].split("/")[3] for row in answer.context["rows"]]

    return [
        Listing("people", "identity:accounts", uids, people, {"q": ("", "丁", "handler")}, grow=grow, next_page=lambda a: a.context["pages"]["next_url"]),
        Listing("bodies", "identity:organizations", lambda a: [str(r["organization"].uid) for r in a.context["rows"]], bodies),
        Listing("delegations", "identity:all_delegations", lambda a: [str(d.pk) for d in a.context["rows"]], delegations),
    ]  # fmt: skip
