"""The population base: who reads, verifies, compares and answers for it."""

from django.utils.translation import gettext_lazy as _

from yiwang.apps.datahub.manifest.parts import Part
from yiwang.kernel.base.registry import MenuEntry, Permission

READER = ("datahub.person.lookup", "datahub.person.verify", "datahub.person.subscribe", "datahub.person.fill")

PART = Part(
    permissions=(
        Permission(code="datahub.person.lookup", label=_("Look persons up, masked")),
        Permission(code="datahub.person.reveal", label=_("See plain values of persons")),
        Permission(code="datahub.person.verify", label=_("Verify what somebody says of himself")),
        Permission(code="datahub.person.fill", label=_("Fill a form from the base databases")),
        Permission(code="datahub.person.subscribe", label=_("Be told of changes in the base databases")),
        Permission(code="datahub.person.load", label=_("Load rows of one's bureau into the base databases")),
        Permission(code="datahub.person.review", label=_("Compare records side by side")),
        Permission(code="datahub.person.govern", label=_("Answer for the base databases: rules, merges, locks")),
    ),
    roles={
        "data_clerk": ("datahub.person.verify",),
        "data_owner": (*READER, "datahub.person.load"),
        "data_steward": (*READER, "datahub.person.reveal", "datahub.person.load", "datahub.person.review", "datahub.person.govern"),
    },
    menu=(
        MenuEntry(label=_("Population base"), url_name="datahub:people", permission="datahub.person.lookup", net="data", icon="users-group", order=40),
        MenuEntry(label=_("Review desk"), url_name="datahub:review", permission="datahub.person.review", net="data", icon="arrows-diff", order=41),
    ),
    setup=("yiwang.apps.datahub.services.base.books.install_books",),
)
