"""Deliveries: handing in, refused rows, contracts in use."""

from django.utils.translation import gettext_lazy as _

from yiwang.apps.datahub.manifest.parts import Part
from yiwang.kernel.base.registry import MenuEntry, Permission

PART = Part(
    kept=("yiwang.apps.datahub.queries.landing.kept.files",),
    permissions=(Permission(code="datahub.run.hand_in", label=_("Hand data in for one's bureau")),),
    roles={
        "data_clerk": ("datahub.run.hand_in",),
        "data_owner": ("datahub.run.hand_in",),
        "data_steward": ("datahub.run.hand_in",),
    },
    menu=(
        MenuEntry(label=_("Hand in data"), url_name="datahub:deliveries", permission="datahub.run.hand_in", net="data", order=10, icon="upload"),
        MenuEntry(label=_("Data quality"), url_name="datahub:issues", permission="datahub.run.hand_in", net="data", order=20, icon="checklist"),
    ),
)
