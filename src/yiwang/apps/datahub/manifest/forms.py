"""Reporting by form: asked, filled in, judged."""

from django.utils.translation import gettext_lazy as _

from yiwang.apps.datahub.manifest.parts import Part
from yiwang.kernel.base.registry import MenuEntry, Permission

PART = Part(
    permissions=(
        Permission(code="datahub.form.fill", label=_("Fill in reports of one's bureau")),
        Permission(code="datahub.form.manage", label=_("Ask bureaus for reports and judge them")),
    ),
    roles={
        "data_clerk": ("datahub.form.fill",),
        "data_owner": ("datahub.form.fill", "datahub.form.manage"),
        "data_steward": ("datahub.form.manage",),
    },
    menu=(
        MenuEntry(label=_("Reports to fill in"), url_name="datahub:sheets", permission="datahub.form.fill", net="data", icon="forms", order=12),
        MenuEntry(label=_("Reports asked for"), url_name="datahub:form_tasks", permission="datahub.form.manage", net="data", icon="clipboard-list", order=32),
    ),
)  # fmt: skip
