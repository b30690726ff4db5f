"""A change to a matter made here: a new version that no folder replaces; cases that run keep theirs."""

import hashlib

from django.db import transaction

from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.cases.errors import MatterInvalid
from yiwang.kernel.cases.models import Matter, MatterVersion
from yiwang.kernel.process import publish


@transaction.atomic
def publish_decisions(actor: Actor, matter: Matter, dmn: bytes, *, permission: str, area_path: str = "", reason: str) -> MatterVersion:
    """Publish the matter's present version with other decision tables; new cases begin with it, old ones keep theirs.

    `area_path` is where the change can tell: all of it must be the actor's.

    Raises
    ------
    NotPermitted
        The actor may not change the matter.
    MatterInvalid
        The tables have faults, each named. Nothing was written.
    """
    actor.require(permission, area_path=area_path)
    matter = Matter.objects.select_for_update().get(pk=matter.pk)
    before = MatterVersion.objects.select_related("process").get(pk=matter.current_id or 0)
    findings = publish.validate(before.process.bpmn.encode(), (dmn,))
    if findings:
        raise MatterInvalid(findings=tuple(str(f) for f in findings))
    decision = publish.store_decisions(matter.code, dmn, by=actor.name)
    if decision.pk == before.decision_id:
        return before
    digest = hashlib.sha256(f"{before.sha256}:{decision.sha256}".encode()).hexdigest()
    version = MatterVersion.objects.create(
        matter=matter, number=MatterVersion.objects.filter(matter=matter).count() + 1, process=before.process, decision=decision, form_id=before.form_id,
        manual_id=before.manual_id, config=before.config, sha256=digest, origin="local",
    )  # fmt: skip
    matter.current = version
    matter.save(update_fields=["current"])
    audit.record(actor, action="matter.version.published", data={
        "matter": matter.code, "version": version.number, "decisions": decision.number, "sha256": decision.sha256, "reason": reason[:500],
    })  # fmt: skip
    return version
