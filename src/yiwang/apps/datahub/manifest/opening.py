"""Open data: preparing, releasing, answering, challenges. What is open needs no permission."""

from django.utils.translation import gettext_lazy as _

from yiwang.apps.datahub.manifest.parts import Part
from yiwang.kernel.base.registry import MenuEntry, Permission

PART = Part(
    permissions=(
        Permission(code="datahub.open.prepare", label=_("Prepare data of one's bureau for opening")),
        Permission(code="datahub.open.release", label=_("Release prepared data to everybody, and take it back")),
        Permission(code="datahub.open.answer", label=_("Answer requests and corrections about open data")),
        Permission(code="datahub.open.challenge", label=_("Post contests and challenges, and award them")),
        Permission(code="datahub.open.judge", label=_("Judge entries of contests and challenges")),
    ),
    roles={
        "data_owner": ("datahub.open.prepare", "datahub.open.answer", "datahub.open.judge"),
        "data_steward": ("datahub.open.prepare", "datahub.open.release", "datahub.open.answer", "datahub.open.challenge", "datahub.open.judge"),
    },
    kept=("yiwang.apps.datahub.queries.opening.kept.files",),
    menu=(
        MenuEntry(label=_("Open data"), url_name="datahub:open_sets", permission="datahub.open.prepare", net="data", icon="world", order=60),
        MenuEntry(label=_("Requests and contests"), url_name="datahub:open_requests", permission="datahub.open.answer", net="data", icon="message-circle", order=61),
    ),
)
