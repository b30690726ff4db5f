"""The address desk for the sweeps: a file of addresses is its sender's alone, whatever the others may do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from tests.sweeps.readers import Reader
from tests.sweeps.specimens import Kind, Listing, Specimen, Write
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.geography.models import GeocodeRun

NOT_LISTS = {"api/v1/geocode": "places that words may mean; their names are on every public map"}
_LINK = re.compile(r'href="/addresses/files/([0-9a-f-]{36})/"')


def _own(reader: Reader, run: GeocodeRun) -> bool:
    return reader.holds("geography.geocode") and reader.account_id == run.asked_by_id


def fill(world: Any) -> dict[str, Any]:
    """Make a file of two acceptors each, done and failed."""
    for who in ("acceptor", "acceptor2"):
        for state in ("done", "failed"):
            GeocodeRun.objects.create(
                asked_by=world.account(who), asked_at=timezone.now(), file_name=f"扫描{who}{state}.csv", state=state, header=["地址"], address_column=0,
                rows=[["听河路4号"]], answers=[[115.9, 36.4, 0.9, "door", "听河路4号", ""]], total=1, done=1, tally={"door": 1},
            )  # fmt: skip
    return {}


def kinds() -> list[Kind]:
    runs = [Specimen(f"file {r.file_name}", {"uid": r.uid, "form": "csv"}, lambda reader, r=r: _own(reader, r), (str(r.uid), r.file_name), r)
            for r in GeocodeRun.objects.filter(file_name__startswith="扫描").order_by("pk")]  # fmt: skip
    return [Kind("file of addresses", ("addresses/files/<uuid:uid>/",), runs, {"uid": uuid7(), "form": "csv"}, {
        "addresses:remove": Write(lambda s: {}, "acceptor", runs[0].label, lambda r, s: s.seen_by(r)),
    })]  # fmt: skip


def lists() -> list[Listing]:
    def wanted(reader: Reader, given: Mapping[str, str]) -> set[str]:
        return {str(r.uid) for r in GeocodeRun.objects.all() if _own(reader, r)}

    def shown(answer: Any) -> list[str]:
        return list(dict.fromkeys(_LINK.findall(answer.content.decode())))

    return [Listing("files of addresses", "addresses:lookup", shown, wanted)]
