"""The hooks of a matter that needs none: a new matter works from its folder alone."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from yiwang.kernel.areas.models import Area
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.cases import config as configs
from yiwang.kernel.cases.contracts import ActionContext, PersonDraft, PreparedReport, ReportDraft, TaskScope
from yiwang.kernel.cases.models import Case, MatterVersion, Report
from yiwang.kernel.forms import services as forms
from yiwang.kernel.geography import queries as geography


class PlainHooks:
    """Form answers validated, place looked up where one is given, tasks by permission and area."""

    def prepare_report(self, actor: Actor, version: MatterVersion, draft: ReportDraft) -> PreparedReport:
        plain, said = forms.clean_report(version.form, draft.answers, actor.language)
        person = PersonDraft(name=said.name, phone=said.phone, id_number=said.id_number, address=said.address) if said else None
        area = self.area_of(draft)
        title = str(plain.get("title") or draft.text)[:60]
        if not title:
            raise BadInput.one("text", "required", _("Say in a sentence what it is about."))
        return PreparedReport(
            title=title, area_id=area.pk, area_path=area.path, region=area.region, address=draft.address, data=plain,
            person=draft.person or person,
        )

    def area_of(self, draft: ReportDraft) -> Area:
        if draft.lon is not None and draft.lat is not None:
            facts = geography.place(draft.lon, draft.lat)
            if facts.area is not None:
                return Area.objects.get(pk=facts.area.id)
        root = Area.objects.filter(parent__isnull=True, valid_to__isnull=True).order_by("pk").first()
        if root is None:
            raise BadInput.one("place", "no-area", _("No area has been set up yet."))
        return root

    def after_open(self, case: Case, report: Report, prepared: PreparedReport) -> None:
        return None

    def task_scope(
        self, case: Case, step: str, lane: str, index: int | None, variables: Mapping[str, Any]
    ) -> TaskScope:
        config = configs.of_version(case.matter_version_id)
        return TaskScope(permission=config.step_permission(step), area_path=case.area_path)

    def before_action(self, context: ActionContext) -> None:
        return None

    def after_action(self, context: ActionContext) -> None:
        return None
