"""Files for the sweeps: whoever sees the case sees its files; a caller's voice is for the centre; a file of nobody yet for its sender."""

from __future__ import annotations

from typing import Any

from tests.sweeps.readers import Reader
from tests.sweeps.specimens import Kind, Specimen
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.files.models import Attachment

PARTY_VIEW = "city.party.view"


def fill(world: Any) -> dict[str, Any]:
    from tests.walk import upload

    upload(world.actor("acceptor_east"), "unclaimed")
    return {}


def kinds(made: Any) -> list[Kind]:
    from yiwang.kernel.cases.tests.specimens import Facts

    facts = Facts.read()
    cases = {c.uid: c for c in facts.cases.values()}
    rows: dict[str, Specimen] = {}
    for file in Attachment.objects.order_by("pk"):
        case = cases.get(file.subject_uid)
        if case is None:
            label = "of nobody yet"
        else:
            label = f"of {'a voice of ' if file.is_personal else ''}a {case.mode} case below {case.area_path.split('.')[1]}, ended: {case.closed_at is not None}"

        def seen(reader: Reader, f: Attachment = file, c: Any = case) -> bool:
            if c is None:
                return f.uploader == (f"account:{reader.account_id}" if reader.account_id else f"client:{reader.client_id}")
            ordinary = facts.sees(reader, c) or any(facts.may_do(reader, t) for t in facts.tasks if t.case_id == c.pk and t.state == "open")
            heard = any(not org and c.area_path.startswith(area) for area, org in reader.places(PARTY_VIEW))
            return ordinary and (heard or not f.is_personal)

        rows.setdefault(label, Specimen(f"a file {label}", {"uid": file.uid}, seen, (str(file.uid),), file))
    return [Kind("file", ("files/<uuid:uid>/",), list(rows.values()), {"uid": uuid7()})]
