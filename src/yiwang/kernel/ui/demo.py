"""The sample accounts on the sign-in page of a demonstration, in the order in which a case passes through their hands."""

import json
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

ROLES: dict[str, tuple[str, dict[str, str], dict[str, str]]] = {
    "inspector": ("device-mobile", {"zh-Hans": "监督员", "en": "Inspector"}, {"zh-Hans": "巡查上报、核实、核查", "en": "reports, verifies and checks on the street"}),
    "acceptor": ("headset", {"zh-Hans": "受理员", "en": "Acceptor"}, {"zh-Hans": "受理登记、合并重复", "en": "takes reports in, joins duplicates"}),
    "shift_leader": ("gavel", {"zh-Hans": "值班长", "en": "Shift leader"}, {"zh-Hans": "立案、不予立案、结案", "en": "files, refuses and closes"}),
    "dispatcher": ("send", {"zh-Hans": "派遣员", "en": "Dispatcher"}, {"zh-Hans": "派遣到处置部门", "en": "hands cases to departments"}),
    "district_dispatcher": ("send", {"zh-Hans": "区级派遣员", "en": "District dispatcher"}, {"zh-Hans": "区级二次派遣", "en": "dispatches inside the district"}),
    "handler": ("tool", {"zh-Hans": "处置部门", "en": "Handling department"}, {"zh-Hans": "处置并反馈结果", "en": "does the work and reports the result"}),
    "leader": ("chart-bar", {"zh-Hans": "领导", "en": "Leader"}, {"zh-Hans": "查看态势、督办", "en": "watches and presses"}),
    "administrator": ("settings", {"zh-Hans": "系统管理员", "en": "System administrator"}, {"zh-Hans": "账号、机构、日历、设置", "en": "accounts, bodies, calendars, settings"}),
    "security_administrator": ("shield-lock", {"zh-Hans": "安全保密管理员", "en": "Security administrator"}, {"zh-Hans": "岗位授权、角色、解锁", "en": "posts, roles and locks"}),
    "audit_administrator": ("history", {"zh-Hans": "安全审计员", "en": "Audit administrator"}, {"zh-Hans": "留痕、查阅记录、预警", "en": "the record, accesses, warnings"}),
    "citizen": ("user", {"zh-Hans": "市民", "en": "Citizen"}, {"zh-Hans": "上报问题、查询进度", "en": "reports and follows"}),
}  # fmt: skip
ORDER = list(ROLES)


@dataclass(frozen=True)
class DemoAccount:
    username: str
    password: str
    role: dict[str, str]
    does: dict[str, str]
    icon: str
    name: str = ""


def demo_accounts(path: Path | None = None) -> list[DemoAccount]:
    """Return what the sample generator wrote (sample.json in the data folder); nothing outside demo mode."""
    if not settings.DEMO or settings.PRODUCTION:
        return []
    try:
        rows = json.loads((path or Path(settings.DATA_DIR) / "sample.json").read_text(encoding="utf-8")).get("accounts", [])
    except (OSError, ValueError):
        return []
    made = []
    for row in rows:
        icon, role, does = ROLES.get(row["role"], ("user-circle", {"zh-Hans": row["role"], "en": row["role"]}, {}))
        made.append((ORDER.index(row["role"]) if row["role"] in ROLES else len(ORDER), DemoAccount(row["username"], row["password"], role, does, icon, row.get("name", ""))))
    return [account for _place, account in sorted(made, key=lambda pair: pair[0])]
