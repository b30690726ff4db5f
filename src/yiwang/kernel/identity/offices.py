"""The three administrators (三员分立): who holds one office holds neither of the others, and no business by it.

System administrator (系统管理员): bodies, accounts as technical objects, matters, settings. Security administrator
(安全保密管理员): roles, who holds which post, second factors, locks. Audit administrator (安全审计员): the record of
everybody, the access log, warnings. GB/T 22239-2019 level 3, 8.1.5.1 to 8.1.5.3 (系统管理, 审计管理, 安全管理).
"""

from collections.abc import Iterable

from yiwang.kernel.base import registry

SYSTEM, SECURITY, AUDIT = "system", "security", "audit"
OFFICES = (SYSTEM, SECURITY, AUDIT)
ROLES = {SYSTEM: "administrator", SECURITY: "security_administrator", AUDIT: "audit_administrator"}  # as shipped


def offices_of(permissions: Iterable[str]) -> set[str]:
    """Return the offices to which any of these permissions belongs."""
    declared = registry.permissions()
    return {declared[p].office for p in permissions if p in declared and declared[p].office}


def business_of(permissions: Iterable[str]) -> list[str]:
    """Return those that show or change business data; what nobody declares counts as such."""
    declared = registry.permissions()
    return sorted(
        p
        for p in permissions
        if p not in declared or not (declared[p].office or declared[p].neutral or declared[p].public)
    )
