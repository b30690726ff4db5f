"""What city management asks of each step (立案、派遣、处置、核查、结案) before the kernel does it."""

from collections.abc import Callable
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from yiwang.apps.city import queries
from yiwang.apps.city.errors import NotClosable, NotFileable
from yiwang.apps.city.models import CityCase
from yiwang.apps.city.rules import filing
from yiwang.apps.city.services.judging import appeals, checks, precedents
from yiwang.kernel.base import texts
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.cases.contracts import ActionContext, Limit, Milestone
from yiwang.kernel.cases.errors import ActionNotAllowed
from yiwang.kernel.cases.models import ManualRow, Task
from yiwang.kernel.cases.services import clocks
from yiwang.kernel.files import queries as files
from yiwang.kernel.geography.models import Asset
from yiwang.kernel.identity.models import Account, Organization

Check = Callable[[ActionContext, CityCase], None]


def before_action(context: ActionContext) -> None:
    """Check and prepare one action; refusals are raised, facts for the process put into `context.variables`."""
    typed = CityCase.objects.select_for_update().get(case=context.case)
    request = context.request
    if context.task is not None and context.task.kind == appeals.KIND and request.action == "complete":
        appeals.judge(context)
    if context.task is not None and context.task.kind == "return" and request.action == "complete":
        precedents.before_return(context)
    step = context.task.step if context.task is not None and context.task.kind == "process" else ""
    check = _BY_STEP.get((step, request.outcome)) if request.action in ("complete", "rework") else _BY_ACTION.get(request.action)
    if check is not None:
        check(context, typed)


def _bad(field: str, message: str) -> BadInput:
    return BadInput.one(field, "required", message)


def _set_facts(context: ActionContext, typed: CityCase) -> None:
    """Take class, component and address that the clerk gave with the step (分类、部件、位置)."""
    data, case = context.request.data, context.case
    changed: dict[str, object] = {}
    if given := str(data.get("class") or ""):
        kind, _colon, code = given.partition(":")
        found = queries.city_class(kind, code)
        if found is None:
            raise BadInput.one("class", "unknown", _("There is no class %(code)s. Choose one from the list.") % {"code": given[:40]})
        if (typed.kind, typed.class_code) != (found.kind, found.code):
            changed["class"] = {"from": f"{typed.kind}:{typed.class_code}", "to": given}
            typed.kind, typed.class_code, typed.class_name = found.kind, found.code, found.name
            context.variables |= {"class_code": found.code, "class_major": found.major, "class_kind": found.kind}
            name = texts.pick(found.name, "zh-hans")
            case.title = f"{name}：{case.title.split('：', 1)[-1]}"[:200]
    if "component" in data:
        code = str(data["component"] or "").strip()
        asset = Asset.objects.filter(code=code).first() if code else None
        if code and asset is None:
            raise BadInput.one("component", "unknown", _("There is no component with the code %(code)s.") % {"code": code[:40]})
        if asset != typed.component:
            changed["component"] = {"to": code}
            typed.component = asset
    if changed:
        typed.save()
        context.event_data["facts"] = changed


def _pass_on(context: ActionContext, typed: CityCase) -> None:
    """批转: the filing fields are complete."""
    _set_facts(context, typed)
    if not typed.class_code:
        raise _bad("class", _("Choose the class before you pass it on."))


def _ask_verify(context: ActionContext, typed: CityCase) -> None:
    _set_facts(context, typed)
    context.variables["verify_account"] = _account(context, "city.task.verify")


def _account(context: ActionContext, permission: str) -> int | None:
    """Return the inspector named with the step, or none: then it goes to those of the place."""
    uid = context.request.data.get("account")
    if not uid:
        return None
    found = Account.objects.filter(uid=_uuid(uid, "account"), is_active=True).first()
    if found is None:
        raise BadInput.one("account", "unknown", _("There is no such person."))
    return found.pk


def _uuid(value: object, field: str) -> UUID:
    try:
        return UUID(str(value))
    except ValueError as error:
        raise BadInput.one(field, "unknown", _("Choose one from the list.")) from error


def _photo_needed(context: ActionContext, typed: CityCase) -> None:
    if not files.photos_among(context.request.files):
        raise _bad("files", _("A photo from the place is needed."))


def _verified(context: ActionContext, typed: CityCase) -> None:
    _photo_needed(context, typed)
    typed.verify_result = context.request.outcome
    typed.verified = context.request.outcome == "confirmed"
    typed.save(update_fields=["verify_result", "verified"])
    context.variables["verified"] = typed.verified


def _file(context: ActionContext, typed: CityCase) -> None:
    """立案: one filing condition is forced; every reason against it is told at once."""
    _set_facts(context, typed)
    case, key = context.case, str(context.request.data.get("condition") or "")
    rows = {row.key: row for row in queries.selectable_conditions(case)}
    row = rows.get(key)
    typed.condition = row
    if row is not None:
        typed.save(update_fields=["condition"])
    twins = [t for t in queries.likely_duplicates(case) if t.likeness.certain and t.case.number]
    waiting = next((t.case.number or "" for t in twins if t.case.suspended_until is not None), "")
    proposed = queries.proposal(case).chosen if row is not None else None
    has_photo = bool(files.of_subject("case", case.uid))
    refused = filing.refusals(
        filing.Facts(
            inside_covered_area=typed.district_id is not None, has_grid=typed.unit_grid_id is not None,
            class_is_known=bool(typed.class_code), has_evidence=has_photo or typed.verified or case.channel == "sensor",
            open_twin="" if context.request.data.get("not_duplicate") else next((t.case.number or "" for t in twins), ""),
            suspended_twin="" if context.request.data.get("not_duplicate") else waiting,
            department=proposed.organization if proposed else ("-" if row is None else ""),
            conditions=tuple(rows), chosen=key,
        )
    )
    # A place without a grid is told to the leader on the page and may be filed: the county still has to answer.
    refused = tuple(r for r in refused if r != "no-grid" and not (r == "no-evidence" and _urgent_without_photo(row)))
    if refused or row is None:
        reasons = refused or ("no-condition",)
        raise NotFileable(reasons=tuple(texts.pick(filing.REFUSALS[r], context.actor.language) for r in reasons))
    case.filing_row = row
    case.is_urgent = row.urgent
    context.event_data["condition"] = row.key
    context.variables |= {
        "urgent": row.urgent, "verified": typed.verified,
        "two_level": bool(typed.district and typed.district.two_level),
        "area_level": typed.district.manual_level if typed.district else "A",
    }
    if settings.CLOCK_STARTS_AT == "filed":
        clocks.begin(case, "case", _limit(row), context.at, by=context.actor.name)


def _urgent_without_photo(row: ManualRow | None) -> bool:
    """先派后核: what is urgent is dispatched on a call alone and verified in parallel."""
    return row is not None and row.urgent


def _limit(row: ManualRow) -> Limit:
    rule = f"{row.document_number or row.source} {row.key}：{texts.pick(row.condition, 'zh-hans')}"
    milestones = tuple(
        Milestone(code=m["code"], name=m["name"], unit=m["limit_unit"], value=int(m["limit_value"])) for m in row.milestones
    )
    return Limit(unit=row.limit_unit, value=row.limit_value, manual_row_id=row.pk, rule=rule, milestones=milestones)


def _dispatch(context: ActionContext, typed: CityCase) -> None:
    """派遣: the proposed department, or the one chosen with its reason; with two levels the district's centre first."""
    to_district = context.task is not None and context.task.step == "dispatch" and _two_level(context, typed)
    if to_district:
        context.event_data["to"] = "district"
        return
    _departments(context, typed)


def _two_level(context: ActionContext, typed: CityCase) -> bool:
    variables = context.case.data.get("_process", {})
    return bool(variables.get("two_level", typed.district and typed.district.two_level))


def _departments(context: ActionContext, typed: CityCase) -> None:
    case = context.case
    if case.filing_row is None:
        raise ActionNotAllowed(action="dispatch", state=case.state, why=_("It has not been filed."))
    proposal = queries.proposal(case)
    given = context.request.data.get("departments") or []
    if isinstance(given, str):
        given = [part for part in given.split(",") if part]
    if not isinstance(given, list | tuple):
        raise BadInput.one("departments", "unknown", _("There is no such organization."))
    if given:
        by_uid = {str(o.uid): o for o in Organization.objects.filter(uid__in=[_uuid(u, "departments") for u in given], is_active=True)}
        chosen = [by_uid[str(u)] for u in dict.fromkeys(given) if str(u) in by_uid]
        if len(chosen) != len(set(given)):
            raise BadInput.one("departments", "unknown", _("There is no such organization."))
    elif proposal.chosen is not None:
        chosen = list(Organization.objects.filter(code=proposal.chosen.organization, is_active=True))
    else:
        chosen = []
    if not chosen:
        raise _bad("departments", _("Choose the department that has to handle it."))
    choices = {c.organization: c for c in (proposal.chosen, *proposal.runners_up) if c is not None}
    lead = choices.get(chosen[0].code)
    typed.dispatch_rule = lead.rule if lead else "hand"
    typed.save(update_fields=["dispatch_rule"])
    context.variables["departments"] = [o.pk for o in chosen]
    context.limit = _limit(case.filing_row)
    context.event_data |= {
        "departments": [o.code for o in chosen], "rule": typed.dispatch_rule,
        "why": lead.text() if lead else context.request.reason,
    }


def _done(context: ActionContext, typed: CityCase) -> None:
    """处置完成: a photo after and a text; helpers may answer with a text alone."""
    if context.task is not None and context.task.index == 0 and not files.photos_among(context.request.files) and not _has_photo(context, "after"):
        raise _bad("files", _("A photo after the work is needed."))


def _has_photo(context: ActionContext, stage: str) -> bool:
    return any(f.stage == stage and f.kind == "photo" for f in files.of_subject("case", context.case.uid))


def _checked(context: ActionContext, typed: CityCase) -> None:
    _photo_needed(context, typed)


def _close(context: ActionContext, typed: CityCase) -> None:
    """结案: the closing condition paired with the filing condition is confirmed."""
    row = context.case.filing_row
    data = context.request.data
    last_check = Task.all_modes.filter(case=context.case, step="check", state="done").order_by("-done_at", "-pk").first()
    informing = bool(data.get("informing"))
    refused = filing.may_close(
        row_id=row.key if row else "", confirmed_row_id=str(data.get("closing") or ""),
        check_passed=last_check is not None and last_check.outcome == "pass", has_after_photo=_has_photo(context, "after"),
        by_informing=informing, informs_only=bool(row and row.informs_only),
    )
    if refused:
        language = context.actor.language
        raise NotClosable(reasons=tuple(texts.pick(filing.CLOSING_REFUSALS[r], language) for r in refused))
    typed.closing_confirmed, typed.closed_by_informing = True, informing
    typed.save(update_fields=["closing_confirmed", "closed_by_informing"])
    context.event_data["closing"] = str(data.get("closing"))
    if informing:
        context.event_data["informing"] = True


def _self_audit(context: ActionContext, typed: CityCase) -> None:
    _set_facts(context, typed)
    rows = {row.key: row for row in queries.selectable_conditions(context.case)}
    row = rows.get(str(context.request.data.get("condition") or ""))
    if row is None:
        raise NotFileable(reasons=(texts.pick(filing.REFUSALS["no-condition"], context.actor.language),))
    typed.condition = context.case.filing_row = row
    typed.closing_confirmed = True
    typed.save(update_fields=["condition", "closing_confirmed"])
    context.event_data["condition"] = row.key


def _return(context: ActionContext, typed: CityCase) -> None:
    if typed.dispatch_rule == "street":
        raise ActionNotAllowed(
            action="return", state=context.case.state, why=_("This is the last resort by place (属地兜底); it cannot be returned.")
        )


def _correct(context: ActionContext, typed: CityCase) -> None:
    _set_facts(context, typed)
    context.event_data["corrected"] = context.event_data.pop("facts", {})


_BY_STEP: dict[tuple[str, str], Check] = {
    ("accept", "pass"): _pass_on,
    ("accept", "verify"): _ask_verify,
    ("file", "file"): _file,
    ("dispatch", "dispatch"): _dispatch,
    ("district_dispatch", "dispatch"): _dispatch,
    ("handle", "done"): _done,
    ("send_check", "send"): lambda context, _typed: checks.before_check(context),
    ("close", "back_check"): lambda context, _typed: checks.before_check(context),
    ("check", "pass"): _checked,
    ("check", "fail"): _checked,
    ("close", "close"): _close,
    ("self_audit", "close"): _self_audit,
    **{(step, outcome): _verified for step in ("verify", "verify_parallel")
       for outcome in ("confirmed", "not_true", "duplicate", "out_of_scope")},
}  # fmt: skip
_BY_ACTION: dict[str, Check] = {
    "return": _return, "redispatch": _departments, "correct": _correct, "appeal": lambda context, _typed: appeals.ask(context),
}  # fmt: skip
