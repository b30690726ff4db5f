"""Unusual readers: many, at strange hours, of neighbours and of public people are found among weeks of ordinary reading, and nobody else."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.urls import reverse

from yiwang.apps.datahub.models import PublicPerson, ReaderFact
from yiwang.apps.datahub.services.rights import watched
from yiwang.kernel.audit import rules, services, watching
from yiwang.kernel.audit.models import AccessLog, UnusualActivity
from yiwang.kernel.audit.services import ACCESS_COLUMNS, _insert, ensure_partitions
from yiwang.kernel.base.actor import Actor, ActorKind
from yiwang.kernel.base.errors import BadInput, NotPermitted
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.cases.models import Party
from yiwang.kernel.cases.services.parties import blind_index, encrypt
from yiwang.kernel.identity.models import Account

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 20, 23, 30, tzinfo=ZONE)  # a Friday
PERIODS = 15


def party(n: int, address: str = "", name: str = "", phone: str = "") -> Any:
    number = phone or f"139{n:08}"
    return Party(
        name=encrypt(name or f"赵{n}", "name"), phone=encrypt(number, "phone"), phone_index=blind_index(number, "phone"),
        name_index=blind_index(name or f"赵{n}", "name"), address=encrypt(address or f"南陌区麦香街{n}号", "address"),
    )  # fmt: skip


def read(account: Any, party_id: int, at: datetime) -> None:
    """Write a line as of another moment (the service writes only now)."""
    row = {
        "event": None, **services._who(Actor(kind=ActorKind.PERSON, account_id=account.pk, name=account.name, post_name="窗口受理员")), "region": "371599", "recorded_at": at,
        "uid": uuid7(int(at.timestamp() * 1000)), "case_id": None, "case_uid": None, "party_id": party_id, "party_uid": None, "field_names": ["phone"], "purpose": "回访",
        "register": "city.case", "basis": "", "subject_uid": None, "secrecy": "none",
    }  # fmt: skip
    del row["event"]
    row["hash"] = rules.event_hash(row)
    _insert(AccessLog._meta.db_table, ACCESS_COLUMNS, row)


def found() -> set[tuple[str, str, str]]:
    return {(w.actor_name if w.actor_kind == "person" else "", w.family, w.subject if w.family in ("relation", "read_by_many") else "") for w in UnusualActivity.objects.all()}


@pytest.mark.django_db
def test_exactly_the_planted_readers_are_found(world: Any) -> None:
    role = world.people["acceptor"].post
    clerks = [Account.objects.create(username=f"w{n}", name=f"孙{'甲乙丙丁戊己庚辛'[n]}") for n in range(8)]
    for clerk in clerks:
        clerk.holdings.create(post=role, valid_from=NOW - timedelta(days=90))
    people = Party.objects.bulk_create([party(n) for n in range(120)])
    neighbour, famous, notorious = Party.objects.bulk_create([
        party(901, "云望市望川区柳岸街12号3单元201", "周邻"), party(902, name="名角"), party(903, name="当事人"),
    ])  # fmt: skip
    ensure_partitions(NOW - timedelta(days=40), NOW)
    for back in range(PERIODS, -1, -1):
        day = NOW - timedelta(days=back)
        if day.weekday() >= 5:
            continue
        for n, clerk in enumerate(clerks):
            for k in range(9 + (n * 3 + back) % 5):  # nobody like the other, all in hours in which people work
                read(clerk, people[n * 15 + (back * 5 + k) % 15].pk, day.replace(hour=9 + k % 8, minute=k))
    quiet, many, late, near, curious = clerks[0], clerks[1], clerks[2], clerks[3], clerks[4]
    watched.take_roster(world.actor("audit_administrator"), [
        {"username": near.username, "address": "望川区柳岸街12号5单元102"}, {"username": quiet.username, "address": "云望市南陌区平安路3号"}, {"username": "nobody", "phone": "139"},
    ])  # fmt: skip
    watched.watch_person(world.actor("audit_administrator"), name="名角", phone="13900000902", label="演员")
    watching.look(NOW - timedelta(hours=20))
    assert found() == set(), "weeks of ordinary work"
    for n in range(95):
        read(many, people[n].pk, NOW.replace(hour=10 + n % 6, minute=n % 60))
    for n in range(6):
        read(late, people[n].pk, NOW.replace(hour=22, minute=n))
    read(near, neighbour.pk, NOW.replace(hour=11, minute=5))
    read(curious, famous.pk, NOW.replace(hour=14, minute=7))
    for clerk in clerks:
        read(clerk, notorious.pk, NOW.replace(hour=15, minute=clerk.pk % 60))
    new = watching.look(NOW)
    assert found() == {
        (many.name, "read", ""), (late.name, "read_late", ""), (near.name, "relation", "neighbour"), (curious.name, "relation", "public"), ("", "read_by_many", f"#{notorious.pk}"),
    }  # fmt: skip
    assert watching.look(NOW) == [], "told once"
    page = world.client("audit_administrator").get(reverse("records:warnings")).content.decode()
    assert all(clerk.name in page for clerk in (many, late, near, curious))
    assert not any(text in page for text in ("周邻", "名角", "柳岸街")), "of whom it was is not told"
    assert quiet.name not in page
    assert len(new) >= 5


@pytest.mark.django_db
def test_readers_are_learned_from_account_matters_and_roster_as_hashes_alone(world: Any, tmp_path: Any) -> None:
    acceptor = world.account("acceptor")
    Account.objects.filter(pk=acceptor.pk).update(duty_phone="13755556666", name="何受")
    party(1, "云望市望川区柳岸街12号3单元201", "何受", "13755556666").save()
    assert watched.refresh_readers() > 5
    assert watched.refresh_readers() == 0, "nothing is new"
    fact = ReaderFact.objects.get(account=acceptor)
    assert fact.house_index == blind_index("柳岸街12号", "home")
    assert fact.surname_index == blind_index("何", "surname")
    assert not ReaderFact.objects.filter(account=world.account("citizen")).exists()
    roster = tmp_path / "roster.csv"
    roster.write_text("username,id_number,phone,address\n" + f"{acceptor.username},110105194912310021,,\n{acceptor.username},,,望川区东昌路8号\nghost,,,\n", encoding="utf-8")
    call_command("datahub_readers", str(roster))
    fact.refresh_from_db()
    assert fact.id_number_index == "", "a wrong check character is no number"
    assert fact.street_index == blind_index("东昌路", "home")


@pytest.mark.django_db
def test_the_list_of_public_people_is_the_auditors_and_keeps_no_name(world: Any) -> None:
    client, url = world.client("audit_administrator"), reverse("datahub:watched")
    assert client.post(url, {"name": "名角"}).status_code == 422
    assert client.post(url, {"name": "名角", "phone": "13900000902", "label": "演员"}).status_code == 302
    page = client.get(url).content.decode()
    assert "演员" in page
    assert "13900000902" not in page
    row = PublicPerson.objects.get()
    assert "名角" not in str(list(PublicPerson.objects.values()))
    with pytest.raises(NotPermitted):
        watched.watch_person(world.actor("data_steward"), name="名角", phone="13900000902")
    with pytest.raises(BadInput):
        watched.watch_person(world.actor("audit_administrator"), name="名角", id_number="110105194912310021")
    assert client.post(reverse("datahub:unwatch", args=[row.uid])).status_code == 302
    assert not PublicPerson.objects.exists()
