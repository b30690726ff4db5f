"""Messages for the sweeps: each reads his own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.sweeps.readers import Reader
from tests.sweeps.specimens import Kind, Listing, Specimen
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.notices.models import Notice
from yiwang.kernel.notices.services import notify

PEOPLE = ("acceptor", "handler2", "citizen", "leader_east", "administrator", "leader", "shift_leader")


def fill(world: Any) -> dict[str, Any]:
    for key in PEOPLE:
        for number in range(2):
            notify(kind="test", title={"zh-Hans": f"消息 {key} {number}", "en": f"Message {key} {number}"}, account_id=world.account(key).pk, link="/notices/")
    return {}


def kinds(made: Any) -> list[Kind]:
    first = {n.account_id: n for n in Notice.objects.filter(channel="in_app").order_by("-pk")}
    rows = [Specimen(f"a message to account {n.account_id}", {"uid": n.uid}, lambda r, n=n: r.account_id == n.account_id, (str(n.uid),), n)
            for n in first.values()]  # fmt: skip
    return [Kind("notice", ("notices/<uuid:uid>/",), rows, {"uid": uuid7()})]


def lists(made: Any) -> list[Listing]:
    def wanted(reader: Reader, given: Mapping[str, str]) -> set[str]:
        return {str(n.uid) for n in Notice.objects.all() if n.channel == "in_app" and reader.account_id is not None and n.account_id == reader.account_id}

    def grow(count: int) -> None:
        for key in (*PEOPLE, "leader"):  # who is told of emergencies has messages already
            Notice.objects.bulk_create([
                Notice(account_id=made.world.account(key).pk, channel="in_app", kind="test", title={"zh-Hans": f"多 {i}"}) for i in range(count)
            ])

    return [Listing("messages", "notices", lambda a: [str(r["uid"]) for r in a.context["rows"]], wanted, grow=grow,
                    next_page=lambda a: a.context["next_url"])]  # fmt: skip
