"""What the frame declares: the page of the platform's state."""

from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.registry import AppManifest, MenuEntry, Permission, RoleDecl

MANIFEST = AppManifest(
    code="ui",
    label=_("The platform"),
    permissions=(Permission(code="ui.status.view", label=_("See the state of the platform"), office="system"),),
    roles=(RoleDecl(code="administrator", label={"zh-Hans": "系统管理员", "en": "System administrator"}, permissions=("ui.status.view",)),),
    menu=(MenuEntry(label=_("State of the platform"), url_name="status", permission="ui.status.view", net="admin", icon="heartbeat", order=90),),
)
