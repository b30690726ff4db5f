"""The bases of persons and of legal entities: who reads, verifies, compares and answers for them."""

from django.utils.translation import gettext_lazy as _

from yiwang.apps.datahub.manifest.parts import Part
from yiwang.kernel.base.registry import MenuEntry, Permission

ENTITIES = ("datahub.entity.lookup", "datahub.entity.verify")
READER = ("datahub.person.lookup", "datahub.person.verify", "datahub.base.subscribe", "datahub.person.fill", *ENTITIES)

PART = Part(
    permissions=(
        Permission(code="datahub.person.lookup", label=_("Look persons up, masked")),
        Permission(code="datahub.person.reveal", label=_("See plain values of persons")),
        Permission(code="datahub.person.verify", label=_("Verify what somebody says of himself")),
        Permission(code="datahub.entity.lookup", label=_("Look legal entities up")),
        Permission(code="datahub.entity.verify", label=_("Verify what a legal entity says of itself")),
        Permission(code="datahub.person.fill", label=_("Fill a form from the base databases")),
        Permission(code="datahub.base.subscribe", label=_("Be told of changes in the base databases")),
        Permission(code="datahub.base.load", label=_("Load rows of one's bureau into the base databases")),
        Permission(code="datahub.base.review", label=_("Compare records side by side")),
        Permission(code="datahub.base.govern", label=_("Answer for the base databases: rules, merges, locks")),
    ),
    roles={
        "data_clerk": ("datahub.person.verify", *ENTITIES),
        "data_owner": (*READER, "datahub.base.load"),
        "data_steward": (*READER, "datahub.person.reveal", "datahub.base.load", "datahub.base.review", "datahub.base.govern"),
    },
    menu=(
        MenuEntry(label=_("Population base"), url_name="datahub:people", permission="datahub.person.lookup", net="data", icon="users-group", order=40),
        MenuEntry(label=_("Legal entities"), url_name="datahub:entities", permission="datahub.entity.lookup", net="data", icon="building", order=40),
        MenuEntry(label=_("Review desk"), url_name="datahub:review", permission="datahub.base.review", net="data", icon="arrows-diff", order=41),
    ),
    setup=("yiwang.apps.datahub.services.base.books.install_books",),
)
