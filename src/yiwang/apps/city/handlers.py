"""How city management takes part in the kernel's verbs (hooks of the matter `city.problem`)."""

from collections.abc import Mapping, Sequence
from typing import Any

from yiwang.apps.city import services
from yiwang.apps.city.queries import ground as ground_queries
from yiwang.apps.city.queries.judging import checks as check_queries
from yiwang.apps.city.services import census, emergency, ownership
from yiwang.apps.city.services.ground import move_cases
from yiwang.apps.city.services.judging import appeals, checks, missed, precedents
from yiwang.kernel.base import jobs
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.cases import config as configs
from yiwang.kernel.cases.contracts import ActionContext, PreparedReport, ReportDraft, TaskScope
from yiwang.kernel.cases.models import Case, MatterVersion, Report
from yiwang.kernel.geography.ground import Figure, GridSwap, OpenWork, Standing
from yiwang.kernel.identity.models import Organization


class CityHooks:
    def prepare_report(self, actor: Actor, version: MatterVersion, draft: ReportDraft) -> PreparedReport:
        return services.prepare(actor, version, draft)

    def after_open(self, case: Case, report: Report, prepared: PreparedReport) -> None:
        services.after_open(case, report, prepared)

    def task_scope(
        self, case: Case, step: str, lane: str, index: int | None, variables: Mapping[str, Any]
    ) -> TaskScope:
        """Hand a step to a department, to a named inspector, or to the post that holds its permission at the place."""
        permission = configs.of_version(case.matter_version_id).step_permission(step)
        if step == "handle":
            departments = list(variables.get("departments") or [])
            org = Organization.objects.filter(pk=departments[index or 0]).first() if departments else None
            if org is not None:
                return TaskScope(permission=permission, area_path=case.area_path, org_id=org.pk, org_path=org.path)
        account = variables.get("verify_account") if step in ("verify", "verify_parallel") else checks.drawn_for(case) if step == "check" else None
        return TaskScope(permission=permission, area_path=case.area_path, account_id=account)

    def before_action(self, context: ActionContext) -> None:
        services.before_action(context)
        if context.request.action == "escalate":
            emergency.before_escalate(context)

    def after_action(self, context: ActionContext) -> None:
        """Compare before and after once the department has handed in its photos; a person decides."""
        task = context.task
        if context.request.action == "escalate":
            emergency.after_escalate(context)
        if task is not None and task.step == "handle" and task.kind == "process" and context.request.outcome == "done":
            jobs.enqueue("city.match_scene", case_id=context.case.pk)
        appeals.after(context)
        checks.after(context)
        precedents.after(context)
        missed.after(context)

    def keeps_out(self, actor: Actor, case: Case) -> bool:
        """Keep out who has a second check of the case before him: he learns nothing of the first."""
        return check_queries.keeps_out(actor, case)


class OwnershipHooks:
    """How confirming owners (确权) takes part in the kernel's verbs."""

    def prepare_report(self, actor: Actor, version: MatterVersion, draft: ReportDraft) -> PreparedReport:
        return ownership.prepare(actor, version, draft)

    def after_open(self, case: Case, report: Report, prepared: PreparedReport) -> None:
        ownership.after_open(case, report, prepared)

    def task_scope(
        self, case: Case, step: str, lane: str, index: int | None, variables: Mapping[str, Any]
    ) -> TaskScope:
        """The body that is asked answers; whoever arbitrates there arbitrates."""
        permission = configs.of_version(case.matter_version_id).step_permission(step)
        org = Organization.objects.filter(pk=variables["body"]).first() if step == "answer" else None
        if org is not None:
            return TaskScope(permission=permission, area_path=case.area_path, org_id=org.pk, org_path=org.path)
        return TaskScope(permission=permission, area_path=case.area_path)

    def before_action(self, context: ActionContext) -> None:
        ownership.before_action(context)

    def after_action(self, context: ActionContext) -> None:
        precedents.after_ownership(context)


class CensusHooks:
    """How the census (专项普查) takes part in the kernel's verbs."""

    def prepare_report(self, actor: Actor, version: MatterVersion, draft: ReportDraft) -> PreparedReport:
        return census.prepare(actor, version, draft)

    def after_open(self, case: Case, report: Report, prepared: PreparedReport) -> None:
        census.after_open(case, report, prepared)

    def task_scope(
        self, case: Case, step: str, lane: str, index: int | None, variables: Mapping[str, Any]
    ) -> TaskScope:
        return census.task_scope(case, step, lane, index, variables)

    def before_action(self, context: ActionContext) -> None:
        census.before_action(context)

    def after_action(self, context: ActionContext) -> None:
        census.after_action(context)


class CityGround:
    """What city management has on grids and components."""

    def open_in(self, actor: Actor, area_ids: Sequence[int]) -> OpenWork:
        return ground_queries.open_in(actor, area_ids)

    def move(self, actor: Actor, swap: GridSwap) -> int:
        return move_cases(actor, swap)

    def of_asset(self, actor: Actor, asset_id: int) -> list[Standing]:
        return ground_queries.of_asset(actor, asset_id)

    def class_names(self) -> Mapping[str, str]:
        return ground_queries.component_names(now().date())

    def patrol_permissions(self) -> Sequence[str]:
        return ("city.field.use", "city.task.census")

    def of_beat(self, actor: Actor, grid_id: int) -> list[Figure]:
        return ground_queries.of_beat(actor, grid_id)


HOOKS = CityHooks()
OWNERSHIP = OwnershipHooks()
CENSUS = CensusHooks()
GROUND = CityGround()
