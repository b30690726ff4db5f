"""What the room backup declares."""

from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.registry import AppManifest, MenuEntry, Permission, RoleDecl

MANIFEST = AppManifest(
    code="backup",
    label=_("Backup"),
    permissions=(Permission(code="backup.admin", label=_("See, start and verify backups"), office="system"),),
    roles=(
        RoleDecl(code="administrator", label={"zh-Hans": "系统管理员", "en": "System administrator"}, permissions=("backup.admin",)),
    ),
    menu=(
        MenuEntry(label=_("Backup"), url_name="backup:backups", permission="backup.admin", net="admin", icon="device-floppy",
                  order=80),
    ),
)  # fmt: skip
