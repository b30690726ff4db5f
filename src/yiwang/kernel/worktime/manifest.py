"""What the room worktime declares."""

from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.registry import AppManifest, MenuEntry, Permission

MANIFEST = AppManifest(
    code="worktime",
    label=_("Working time"),
    permissions=(Permission(code="worktime.calendar.edit", label=_("Change working calendars"), neutral=True),),
    menu=(
        MenuEntry(label=_("Working calendars"), url_name="worktime:calendars", permission="worktime.calendar.edit",
                  net="admin", icon="calendar", order=60),
    ),
)  # fmt: skip
