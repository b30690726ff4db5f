"""What the data centre adds to the platform: one file of this folder for each subject, put together here."""

from django.utils.translation import gettext_lazy as _

from yiwang.apps.datahub.manifest import (
    base,
    economy,
    forms,
    landing,
    opening,
    population,
    rights,
    share,
    sources,
    space,
    standards,
    transforms,
)
from yiwang.apps.datahub.manifest.parts import Part
from yiwang.kernel.base.registry import AppManifest, RoleDecl

PARTS: tuple[Part, ...] = (base.PART, landing.PART, opening.PART, share.PART, population.PART, sources.PART, rights.PART, standards.PART, forms.PART, transforms.PART, economy.PART, space.PART)

ROLES = {
    "data_clerk": {"zh-Hans": "数据报送员", "en": "Data clerk"},
    "data_owner": {"zh-Hans": "部门数据管理员", "en": "Data officer of a bureau"},
    "data_steward": {"zh-Hans": "数据主管", "en": "Data steward"},
}

MANIFEST = AppManifest(
    code="datahub",
    label=_("Data centre"),
    owner="datahub",
    kept=tuple(name for part in PARTS for name in part.kept),
    setup=tuple(name for part in PARTS for name in part.setup),
    matters=tuple(one for part in PARTS for one in part.matters),
    permissions=tuple(one for part in PARTS for one in part.permissions),
    roles=tuple(
        RoleDecl(
            code=code,
            label=label,
            permissions=tuple(dict.fromkeys(p for part in PARTS for p in part.roles.get(code, ()))),
        )
        for code, label in ROLES.items()
    ),
    menu=tuple(one for part in PARTS for one in part.menu),
    map_layers=tuple(one for part in PARTS for one in part.map_layers),
    map_pages=tuple(one for part in PARTS for one in part.map_pages),
)
