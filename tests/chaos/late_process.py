"""One process whose clock may be wrong: does what its arguments say, in the database of the environment, and prints JSON.

    python -m tests.chaos.late_process USERNAME KEY report|accept|file [CASE]
"""

from __future__ import annotations

import json
import sys
from uuid import UUID

import django


def main(who: str, key: str, what: str, case_uid: str = "") -> None:
    django.setup()
    from yiwang.kernel.base.clock import now
    from yiwang.kernel.base.uid import uuid7
    from yiwang.kernel.cases.contracts import ActionRequest, ReportDraft
    from yiwang.kernel.cases.models import Task
    from yiwang.kernel.cases.services import act, report
    from yiwang.kernel.identity.models import Account
    from yiwang.kernel.identity.queries import actor_for

    actor = actor_for(Account.objects.get(username=who))
    if what == "report":
        lon, lat = 115.9725, 36.4425
        draft = ReportDraft(channel="hotline", text="井盖缺失", answers={"class": "component:01001"}, lon=lon, lat=lat)
        receipt = report(actor, "city.problem", draft, key=key)
        told = {"case": str(receipt.case_uid), "repeated": receipt.repeated}
    else:
        task = Task.all_modes.filter(case__uid=case_uid, step=what).order_by("-pk").first()
        assert task is not None, f"no task {what}"
        outcome, data = {"accept": ("pass", {}), "file": ("file", {"condition": "C01001-01"}), "dispatch": ("dispatch", {})}[what]
        done = act(actor, ActionRequest(action="complete", task_uid=task.uid, outcome=outcome, data=data), key=key)
        told = {"case": str(done.case_uid), "event": str(done.event_uid), "state": done.state, "repeated": done.repeated}
    assert UUID(told["case"])
    print(json.dumps({**told, "now": now().isoformat(), "uid": str(uuid7())}))


if __name__ == "__main__":
    main(*sys.argv[1:])
