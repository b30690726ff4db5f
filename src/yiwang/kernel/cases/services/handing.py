"""Open tasks of somebody who goes (工作移交): to a person who may do them, or back to the post, with an event each."""

from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.cases import config as configs
from yiwang.kernel.cases.models import Case, Task
from yiwang.kernel.cases.services import events, stepping
from yiwang.kernel.identity.handover import Passed
from yiwang.kernel.identity.models import Account, Holding
from yiwang.kernel.identity.queries import current_holdings


def open_tasks_of(account_id: int) -> int:
    """Return how many open tasks wait for this person by name, in whatever mode."""
    return Task.all_modes.filter(account_id=account_id, state="open").count()


def hand_over(actor: Actor, account: Account, to: Account | None, reason: str) -> Passed:
    """Pass every open task of the account on, inside the caller's transaction; case by case, each under its row lock.

    A task that `to` may not do goes back to its post, so that nothing lies with somebody who cannot touch it.
    """
    holdings = list(current_holdings(to.pk).prefetch_related("post__role__grants")) if to else []
    waiting = Task.all_modes.filter(account_id=account.pk, state="open")
    person = post = 0
    for case_id in sorted(set(waiting.values_list("case_id", flat=True))):
        case = Case.all_modes.select_for_update(of=("self",)).get(pk=case_id)
        for task in waiting.filter(case_id=case_id).select_for_update(of=("self",)).order_by("pk"):
            fits = to is not None and any(_fits(h, task) for h in holdings)
            task.account = to if fits else None
            task.save(update_fields=["account"])
            before = case.state
            stepping.refresh_state(case, configs.of_version(case.matter_version_id))
            data = {"from": str(account.uid), "from_name": account.name, "reason": reason, "handed": [str(task.uid)]}
            if fits and to is not None:
                data |= {"to": str(to.uid), "to_name": to.name}
            events.write(actor, case, "hand_over", at=now(), step=task.step, task_uid=task.uid, from_state=before, data=data)
            person, post = person + fits, post + (not fits)
        case.version += 1
        case.save(update_fields=["state", "version", "event_count", "event_head"])
    return Passed(to_person=person, to_post=post)


def _fits(holding: Holding, task: Task) -> bool:
    return (
        any(g.permission == task.permission for g in holding.post.role.grants.all())
        and task.org_path.startswith(holding.org_scope.path if holding.org_scope else "")
        and task.area_path.startswith(holding.area.path if holding.area else "")
    )
