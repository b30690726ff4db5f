"""What people are told of accounts and of the record (提醒): sign-ins from new devices, given passwords, unusual activity."""

from collections.abc import Callable, Iterable, Sequence
from uuid import UUID

from yiwang.kernel.audit.models import Event
from yiwang.kernel.exchange.relay import consumer
from yiwang.kernel.identity.models import Account, RoleGrant
from yiwang.kernel.identity.permits import ADMIN, SECURITY
from yiwang.kernel.identity.queries import who_holds
from yiwang.kernel.notices import services as notices
from yiwang.kernel.notices.contracts import Texts

NEW_DEVICE = {"zh-Hans": "您的账号在新设备上登录：%(device)s", "en": "Your account was signed in from a new device: %(device)s"}
WHAT_NOW = {
    "zh-Hans": "如非本人操作，请立即在“登录位置”中将其退出，修改密码，并告知安全保密管理员。",
    "en": "Was it not you? Sign it out under “Where I am signed in”, change your password and tell your security administrator.",
}
UNKNOWN = {"zh-Hans": "未知设备", "en": "unknown device"}
GIVEN = {"zh-Hans": "%(by)s为您的账号设置了新密码", "en": "%(by)s gave your account a new password"}
RELEASED = {"zh-Hans": "%(by)s放行了为您新设的密码", "en": "%(by)s released the password that you were given"}
REFUSED = {"zh-Hans": "%(by)s拒绝了为您新设的密码", "en": "%(by)s refused the password that you were given"}
NOT_ASKED = {
    "zh-Hans": "如您并未申请，请立即告知安全保密管理员。", "en": "Did you not ask for it? Tell your security administrator at once.",
}  # fmt: skip
TO_RELEASE = {"zh-Hans": "%(by)s为%(owner)s设置的新密码待复核放行", "en": "A password that %(by)s gave to %(owner)s waits for its release"}
UNUSUAL = {
    "zh-Hans": "异常变动预警：%(who)s在一%(unit)s内%(family)s %(amount)s",
    "en": "Unusual activity: %(who)s, %(family)s %(amount)s within one %(unit)s",
}
JUDGE = {"zh-Hans": "请查看明细后作出判断。", "en": "Look at the lines behind it and judge it."}
UNITS = {"hour": {"zh-Hans": "小时", "en": "hour"}, "day": {"zh-Hans": "天", "en": "day"}}
FAMILIES = {
    "edit": {"zh-Hans": "改动", "en": "changes"}, "remove": {"zh-Hans": "删除", "en": "removals"},
    "export": {"zh-Hans": "导出", "en": "exports"}, "export_rows": {"zh-Hans": "导出行数", "en": "exported rows"},
    "read": {"zh-Hans": "查阅个人信息", "en": "readings of personal data"},
}  # fmt: skip
DORMANT = {
    "zh-Hans": "账号休眠：%(owner)s，名下待办 %(count)s 件已退回岗位", "en": "Dormant account: %(owner)s; %(count)s open tasks went back to the post",
}  # fmt: skip
VACANT = {"zh-Hans": "以下岗位现无人在岗，请尽快安排：%(posts)s", "en": "Nobody is in these posts now; see that somebody is: %(posts)s"}
OTHER_SYSTEM = {"zh-Hans": "其他系统", "en": "another system"}


@consumer("accounts")
def warn(events: Sequence[Event]) -> None:
    """Tell owners of accounts and administrators, each once for each event."""
    for event in events:
        if tell := TELLERS.get(event.action):
            tell(event)


def _fill(words: Texts, **facts: str | Texts) -> dict[str, str]:
    return {lang: text % {k: v if isinstance(v, str) else v[lang] for k, v in facts.items()} for lang, text in words.items()}


def _owner(event: Event) -> Account | None:
    return Account.objects.filter(uid=UUID(str(event.data["account"]))).first()


def _holders(permission: str, *, but: Iterable[int | None] = ()) -> list[int]:
    roles = RoleGrant.objects.filter(permission=permission).values_list("role_id", flat=True)
    return [pk for pk in who_holds(roles).values_list("pk", flat=True) if pk not in set(but)]


def _new_device(event: Event) -> None:
    owner = _owner(event) if event.data.get("new_device") else None
    if owner is not None:
        notices.notify(
            account_id=owner.pk, kind="account.new_device", title=_fill(NEW_DEVICE, device=event.data.get("device") or UNKNOWN),
            body=WHAT_NOW, link="/accounts/sessions/", event_uid=event.uid,
        )  # fmt: skip


def _password_given(event: Event) -> None:
    owner = _owner(event)
    if owner is None:
        return
    notices.notify(account_id=owner.pk, kind="account.password_given", title=_fill(GIVEN, by=event.actor_name), body=NOT_ASKED, event_uid=event.uid)
    if not event.data.get("waits"):
        return
    title = _fill(TO_RELEASE, by=event.actor_name, owner=str(owner))
    for account_id in _holders(SECURITY, but=(owner.pk, event.actor_id)):
        notices.notify(
            account_id=account_id, kind="account.password_waits", title=title, link="/accounts/given-passwords/", event_uid=event.uid
        )


def _password_decided(words: Texts) -> Callable[[Event], None]:
    def tell(event: Event) -> None:
        if (owner := _owner(event)) is not None:
            notices.notify(
                account_id=owner.pk, kind=f"account.{event.action.rsplit('.', 1)[-1]}", title=_fill(words, by=event.actor_name), body=NOT_ASKED,
                event_uid=event.uid,
            )  # fmt: skip

    return tell


def _unusual(event: Event) -> None:
    """Tell the audit administrators, but not him whom the warning is about."""
    data = event.data
    person = data["actor_kind"] == "person"
    found = Account.objects.filter(pk=data["actor_id"]).first() if person else None
    title = _fill(
        UNUSUAL, who=str(found) if found else OTHER_SYSTEM, unit=UNITS[data["unit"]], family=FAMILIES[data["family"]], amount=f"{data['amount']:,}",
    )  # fmt: skip
    for account_id in _holders("audit.judge", but=(data["actor_id"],) if person else ()):
        notices.notify(
            account_id=account_id, kind="audit.warning", title=title, body=JUDGE, link=f"/records/warnings/{data['warning']}/",
            event_uid=event.uid,
        )  # fmt: skip


def _dormant(event: Event) -> None:
    """Tell the system administrators, who can see to it: open work went back to a post in which nobody is now."""
    owner, count, vacant = _owner(event), sum(event.data.get("work", {}).values()), event.data.get("vacant", [])
    if owner is None or not (count and vacant):
        return  # the colleagues of the post see what came back, or nothing did
    title, body = _fill(DORMANT, owner=str(owner), count=str(count)), _fill(VACANT, posts=", ".join(vacant))
    for account_id in _holders(ADMIN):
        notices.notify(
            account_id=account_id, kind="account.dormant", title=title, body=body, link=f"/accounts/people/{owner.uid}/", event_uid=event.uid
        )


TELLERS: dict[str, Callable[[Event], None]] = {
    "identity.signed_in": _new_device,
    "identity.account.password_reset": _password_given,
    "identity.password.released": _password_decided(RELEASED),
    "identity.password.refused": _password_decided(REFUSED),
    "identity.account.dormant": _dormant,
    "audit.warning.raised": _unusual,
}
