"""What a person is told of his own account (登录提醒): somebody signed in with it from a device that was never used before."""

from collections.abc import Sequence

from yiwang.kernel.audit.models import Event
from yiwang.kernel.exchange.relay import consumer
from yiwang.kernel.identity.models import Account
from yiwang.kernel.notices import services as notices

NEW_DEVICE = {"zh-Hans": "您的账号在新设备上登录：%(device)s", "en": "Your account was signed in from a new device: %(device)s"}
WHAT_NOW = {
    "zh-Hans": "如非本人操作，请立即在“登录位置”中将其退出，修改密码，并告知安全保密管理员。",
    "en": "Was it not you? Sign it out under “Where I am signed in”, change your password and tell your security administrator.",
}
UNKNOWN = {"zh-Hans": "未知设备", "en": "unknown device"}


@consumer("accounts")
def warn(events: Sequence[Event]) -> None:
    """Tell the owners of accounts that were signed in from new devices."""
    wanted = [e for e in events if e.action == "identity.signed_in" and e.data.get("new_device")]
    ids = dict(Account.objects.filter(uid__in=[e.data["account"] for e in wanted]).values_list("uid", "pk")) if wanted else {}
    known = {str(uid): pk for uid, pk in ids.items()}
    for event in wanted:
        if account_id := known.get(str(event.data["account"])):
            title = {lang: text % {"device": event.data.get("device") or UNKNOWN[lang]} for lang, text in NEW_DEVICE.items()}
            notices.notify(
                account_id=account_id, kind="account.new_device", title=title, body=WHAT_NOW, link="/accounts/sessions/",
                event_uid=event.uid,
            )  # fmt: skip
