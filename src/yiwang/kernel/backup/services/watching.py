"""The alarm: a file for monitoring, and a message to the administrators once a day while the last good one is too old."""

import os
from pathlib import Path

from django.conf import settings
from django.db import transaction

from yiwang.kernel.backup import queries
from yiwang.kernel.backup.contracts import Health
from yiwang.kernel.backup.services.asking import give_up_silent
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.identity.queries import holders
from yiwang.kernel.notices.models import Notice
from yiwang.kernel.notices.services import notify

KIND = "backup.stale"


def watch() -> Health:
    """Write the metric file and tell who has to know; returns the state."""
    give_up_silent()
    write_metrics()
    state = queries.health()
    if state.is_stale:
        _tell(state)
    return state


def metrics_path() -> Path:
    return Path(settings.DATA_DIR) / "metrics" / "backup.prom"


def write_metrics() -> Path:
    """Write the measures as a text file for Prometheus' node exporter, whole or not at all."""
    path = metrics_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"# HELP {name} {text}\n# TYPE {name} gauge\n{name} {value:g}\n" for name, text, value in queries.metrics()]
    fresh = path.with_suffix(f".{os.getpid()}.tmp")
    fresh.write_text("".join(lines), encoding="utf-8")
    fresh.replace(path)
    return path


@transaction.atomic
def _tell(state: Health) -> None:
    today = now().replace(hour=0, minute=0, second=0, microsecond=0)
    told = set(Notice.objects.filter(kind=KIND, created_at__gte=today).values_list("account_id", flat=True))
    hours = "-" if state.age_s is None else f"{state.age_s / 3600:.0f}"
    for account_id in holders(role="administrator").values_list("pk", flat=True):
        if account_id not in told:
            notify(
                kind=KIND, account_id=account_id, link="/backups/", event_uid=uuid7(),
                title={"zh-Hans": "备份已过期，请处理", "en": "The last good backup is too old"},
                body={
                    "zh-Hans": f"最近一次成功备份距今 {hours} 小时，上限 {state.max_age_s / 3600:.0f} 小时。",
                    "en": f"The last good backup is {hours} hours old; the limit is {state.max_age_s / 3600:.0f}.",
                },
            )
