"""The citizen's right to know: his own pages, and the desk of the bodies that answer him."""

from django.utils.translation import gettext_lazy as _

from yiwang.apps.datahub.manifest.parts import Part
from yiwang.kernel.base.registry import MenuEntry, Permission

PART = Part(
    permissions=(
        Permission(code="datahub.rights.own", label=_("See who read one's own data, and ask about it")),
        Permission(code="datahub.rights.answer", label=_("Answer citizens about their data")),
    ),
    roles={"data_owner": ("datahub.rights.answer",), "data_steward": ("datahub.rights.answer",)},
    menu=(
        MenuEntry(label=_("My data"), url_name="datahub:mine", permission="datahub.rights.own", net="services", icon="user-check", order=20),
        MenuEntry(label=_("Citizens ask"), url_name="datahub:answers", permission="datahub.rights.answer", net="data", icon="message-report", order=70),
        MenuEntry(label=_("People of public life"), url_name="datahub:watched", permission="audit.judge", net="admin", icon="star", order=35),
    ),
    setup=("yiwang.apps.datahub.services.rights.load_texts",),
)
