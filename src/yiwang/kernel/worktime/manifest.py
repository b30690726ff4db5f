"""What the room worktime declares."""

from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.registry import AppManifest, Permission

MANIFEST = AppManifest(
    code="worktime",
    label=_("Working time"),
    permissions=(Permission(code="worktime.calendar.edit", label=_("Change working calendars")),),
)
