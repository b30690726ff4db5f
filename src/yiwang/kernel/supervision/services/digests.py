"""The digest (每日汇总): one message a day with what is red, for whoever chose it in place of single reminders."""

from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from django.db import transaction

from yiwang.kernel.base.clock import now
from yiwang.kernel.identity.queries import actor_for
from yiwang.kernel.notices.reminding import due_digests, remind
from yiwang.kernel.supervision.queries import red

TITLE = {"zh-Hans": "今日督办汇总：%(n)s 项待处理", "en": "Today's digest: %(n)s things are red"}
NOTHING = {"zh-Hans": "今日督办汇总：没有超期事项", "en": "Today's digest: nothing is red"}
BODY = {
    "zh-Hans": "超期待办 %(tasks)s 件，未答复督办 %(orders)s 件，未答复批示 %(notes)s 件，红牌 %(red)s 张，黄牌 %(yellow)s 张。",
    "en": "%(tasks)s tasks overdue, %(orders)s orders and %(notes)s notes unanswered, %(red)s red and %(yellow)s yellow cards.",
}  # fmt: skip


def send_digests(at: datetime | None = None) -> int:
    """Send the digests that are due, each once a day; returns how many."""
    moment, sent = at or now(), 0
    for choice, day in due_digests(moment):
        with transaction.atomic():
            locked = type(choice).objects.select_for_update(skip_locked=True, of=("self",)).select_related("account").filter(pk=choice.pk).first()
            if locked is None or locked.last_digest_on == day:
                continue
            locked.last_digest_on = day
            locked.save(update_fields=["last_digest_on"])
            found = red.red(actor_for(locked.account), size=0)
            facts = {"tasks": found.overdue_tasks, "orders": found.orders, "notes": found.notes, "red": found.red_cards, "yellow": found.yellow_cards}
            title = {lang: text % {"n": found.total} for lang, text in (TITLE if found.total else NOTHING).items()}
            remind(
                account_ids=[locked.account_id], kind="supervision.digest", title=title, body={lang: text % facts for lang, text in BODY.items()},
                link="/supervision/wall/", event_uid=uuid5(NAMESPACE_URL, f"digest:{locked.account_id}:{day}"), channels=("mail", "sms", "chat"), urgent=False, digest=True,
            )  # fmt: skip
        sent += 1
    return sent
