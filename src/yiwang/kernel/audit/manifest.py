"""What the record declares: who may look at it. Its pages are in kernel.ui.records, which knows names."""

from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.registry import AppManifest, MenuEntry, Permission, RoleDecl

_VIEW = "audit.view"

MANIFEST = AppManifest(
    code="audit",
    label=_("The record"),
    permissions=(
        Permission(code=_VIEW, label=_("See the record of everybody, the access log and the exports"), office="audit"),
        Permission(code="audit.judge", label=_("Judge warnings of unusual activity"), office="audit"),
        Permission(code="audit.release", label=_("Release secret readings of personal data to the people concerned"), office="security"),
    ),
    roles=(
        RoleDecl(code="audit_administrator", label={"zh-Hans": "安全审计员", "en": "Audit administrator"}, permissions=(_VIEW, "audit.judge")),
    ),
    menu=(
        MenuEntry(label=_("Warnings"), url_name="records:warnings", permission=_VIEW, net="admin", icon="alert-triangle", order=10),
        MenuEntry(label=_("Record of events"), url_name="records:events", permission=_VIEW, net="admin", icon="history", order=20),
        MenuEntry(label=_("Access to personal data"), url_name="records:accesses", permission=_VIEW, net="admin", icon="eye", order=30),
        MenuEntry(label=_("Secret readings"), url_name="records:secrets", permission="audit.release", net="admin", icon="eye", order=60),
        MenuEntry(label=_("Exports"), url_name="records:exports", permission=_VIEW, net="admin", icon="download", order=40),
        MenuEntry(label=_("Seals"), url_name="records:seals", permission=_VIEW, net="admin", icon="shield-check", order=50),
    ),
)  # fmt: skip
