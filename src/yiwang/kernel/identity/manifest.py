"""What the room of people and posts declares."""

from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.registry import AppManifest, MenuEntry, Permission, RoleDecl

MANIFEST = AppManifest(
    code="identity",
    label=_("People and posts"),
    permissions=(
        Permission(code="identity.admin", label=_("Manage accounts, organisations and posts"), office="system"),
        Permission(code="identity.security", label=_("Give posts and rights, demand second factors, release locks"), office="security"),
    ),
    roles=(
        RoleDecl(code="administrator", label={"zh-Hans": "系统管理员", "en": "System administrator"}, permissions=("identity.admin",)),
        RoleDecl(code="security_administrator", label={"zh-Hans": "安全保密管理员", "en": "Security administrator"}, permissions=("identity.security", "audit.release")),
    ),
    menu=(
        MenuEntry(label=_("People"), url_name="identity:accounts", permission="identity.admin", net="admin", icon="users", order=10),
        MenuEntry(label=_("People and their posts"), url_name="identity:accounts", permission="identity.security", net="admin", icon="users", order=10),
        MenuEntry(label=_("Organisations and posts"), url_name="identity:organizations", permission="identity.admin", net="admin", icon="building", order=20),
        MenuEntry(label=_("Roles"), url_name="identity:roles", permission="identity.security", net="admin", icon="shield", order=30),
        MenuEntry(label=_("Locked sign-ins"), url_name="identity:locks", permission="identity.security", net="admin", icon="lock", order=35),
        MenuEntry(label=_("Passwords to release"), url_name="identity:given_passwords", permission="identity.security", net="admin", icon="key", order=36),
        MenuEntry(label=_("Delegations"), url_name="identity:all_delegations", permission="identity.security", net="admin", icon="arrows-exchange", order=40),
        MenuEntry(label=_("Other systems"), url_name="identity:clients", permission="identity.admin", net="admin", icon="plug", order=50),
        MenuEntry(label=_("Access of other systems"), url_name="identity:clients", permission="identity.security", net="admin", icon="plug", order=50),
    ),
)  # fmt: skip
