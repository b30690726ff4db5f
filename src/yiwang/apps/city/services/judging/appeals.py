"""Appeals (申诉): a body contests counts of a closed case, two posts judge, and each count is lifted or stands by itself."""

from django.utils.translation import gettext as _

from yiwang.apps.city.models import CityAppeal
from yiwang.apps.city.queries.judging import appeals as queries
from yiwang.apps.city.rules.judging.appeals import ContestError, contested
from yiwang.kernel.base import texts
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.cases.contracts import ActionContext
from yiwang.kernel.cases.errors import ActionNotAllowed
from yiwang.kernel.cases.models import Task
from yiwang.kernel.identity.models import Organization

KIND = "appeal"


def ask(context: ActionContext) -> None:
    """Before an appeal: which body, and which of the counts that stand against it.

    Raises
    ------
    BadInput
        Nothing is contested, or a count that does not stand against the body.
    ActionNotAllowed
        The actor's body had no part in the case.
    """
    possible = queries.words(context.case)
    if not possible:  # a case of an older version of the matter: its appeal is about its limit
        return
    org = queries.body_of(context.actor, context.case)
    if org is None:
        raise ActionNotAllowed(action="appeal", state=context.case.state, why=_("Your body had no part in this case."))
    against = queries.counted(context.case, org).against()
    try:
        chosen = contested(context.request.data.get("contests"), [n for n in against if n in possible])
    except ContestError as error:
        message = _("Choose what is contested.")
        if error.reason == "nothing":
            names = "、".join(texts.pick(possible.get(n, n)) for n in error.names)
            message = _("This does not stand against your body in this case: %(names)s") % {"names": names[:200]}
        raise BadInput.one("contests", error.reason, message) from error
    context.event_data |= {"body": org.code, "contests": chosen}


def judge(context: ActionContext) -> None:
    """Before a judgement: which of the contested counts it lifts; all of them when nothing is said."""
    task = context.task
    names = list(task.data.get("contests", [])) if task is not None else []
    if task is None or not names:
        return
    context.event_data["body"] = task.data.get("body", "")
    if context.request.outcome != "agree":
        context.event_data["lifted"] = []
        return
    given = context.request.data.get("lifted")
    try:
        chosen = contested(given, names) if given else names
    except ContestError as error:
        raise BadInput.one("lifted", error.reason, _("Only what is contested can be lifted.")) from error
    task.data = {**task.data, "contests": chosen}  # the next judge sees what is left; the kernel saves the task
    context.event_data["lifted"] = chosen


def after(context: ActionContext) -> None:
    """Keep what was contested, and what the judgement made of each count."""
    case, data = context.case, context.event_data
    if not data.get("body") or (context.request.action != KIND and (context.task is None or context.task.kind != KIND)):
        return
    org = Organization.objects.get(code=data["body"])
    if context.task is None:
        CityAppeal.objects.bulk_create(
            CityAppeal(
                case=case, org=org, contests=name, area_path=case.area_path, org_path=org.path, reason=context.request.reason[:4000],
                asked_by_id=context.actor.account_id, asked_by_name=context.actor.recorded_name[:80], asked_at=context.at,
            )
            for name in data["contests"]
        )  # fmt: skip
        return
    waiting = CityAppeal.objects.filter(case=case, org=org, accepted__isnull=True)
    said = {
        "decided_at": context.at, "decided_by_id": context.actor.account_id, "decided_by_name": context.actor.recorded_name[:80],
        "answer": context.request.reason[:4000],
    }  # fmt: skip
    waiting.exclude(contests__in=data["lifted"]).update(accepted=False, **said)
    if not Task.all_modes.filter(case=case, kind=KIND, state="open", data__body=org.code).exists():
        waiting.filter(contests__in=data["lifted"]).update(accepted=True, **said)
