"""What the record declares: who may look at it. Its pages are in kernel.ui.records, which knows names."""

from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.registry import AppManifest, Permission, RoleDecl

_VIEW = "audit.view"

MANIFEST = AppManifest(
    code="audit",
    label=_("The record"),
    permissions=(
        Permission(code=_VIEW, label=_("See the record of everybody, the access log and the exports"), office="audit"),
        Permission(code="audit.judge", label=_("Judge warnings of unusual activity"), office="audit"),
    ),
    roles=(
        RoleDecl(code="audit_administrator", label={"zh-Hans": "安全审计员", "en": "Audit administrator"}, permissions=(_VIEW, "audit.judge")),
    ),
)  # fmt: skip
