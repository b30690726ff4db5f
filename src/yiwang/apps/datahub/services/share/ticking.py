"""What the clock does to sharing: overdue steps are urged, grants end and are reviewed before, use is compared with its past."""

from collections import Counter
from datetime import timedelta

from django.db import transaction
from django.urls import reverse
from django.utils.timezone import localdate, localtime

from yiwang.apps.datahub.models.share import GrantCall, GrantState, SharingGrant
from yiwang.apps.datahub.queries.share import settings
from yiwang.apps.datahub.rules.share import unusual
from yiwang.apps.datahub.services.share import delivering, granting, objections, requests, telling
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor, system
from yiwang.kernel.base.clock import now


def tick() -> dict[str, int]:
    """Do all of it once; safe to repeat. Returns how many of each."""
    actor = system("datahub")
    return {
        "urged": requests.urge() + objections.urge(), "ended": end_expired(actor), "reviews": tell_reviews(), "alarms": alarm(actor), "deleted": delivering.delete_ended(actor),
    }  # fmt: skip


@transaction.atomic
def end_expired(actor: Actor) -> int:
    """End the grants whose time is over."""
    done = 0
    rows = SharingGrant.objects.select_for_update(of=("self",), skip_locked=True).select_related("request").filter(state__in=("active", "suspended"), valid_until__lt=now())
    for row in rows:
        granting.end(actor, row, "expired")
        audit.record(actor, action="datahub.grant.ended", area_path=row.area_path, data={"grant": row.key_id})
        title = {"zh-Hans": f"共享授权 {row.request.number} 已到期，请提交销毁证明", "en": f"Grant {row.request.number} has ended: prove the deletion"}
        telling.tell(telling.officers(row.org_path), "datahub.grant.ended", title, reverse("datahub:grant", args=[row.uid]), None)
        done += 1
    return done


@transaction.atomic
def tell_reviews() -> int:
    """Tell both sides once, some weeks before a grant ends, that it has to be reviewed."""
    days = int(settings.in_force()["limits"]["grants"]["review_before_days"])
    rows = SharingGrant.objects.select_for_update(of=("self",), skip_locked=True).select_related("request").filter(
        state=GrantState.ACTIVE, review_told_at__isnull=True, valid_until__lt=now() + timedelta(days=days)
    )
    done = 0
    for row in rows:
        row.review_told_at = now()
        row.save(update_fields=["review_told_at"])
        title = {"zh-Hans": f"共享授权 {row.request.number} 即将到期，请复核", "en": f"Grant {row.request.number} ends soon: review it"}
        people = [*telling.officers(row.owner_path), *telling.officers(row.org_path)]
        telling.tell(people, "datahub.grant.review", title, reverse("datahub:grant", args=[row.uid]), None)
        done += 1
    return done


@transaction.atomic
def alarm(actor: Actor) -> int:
    """Tell the owner and the authority, once a day, of grants that are used far more than they ever were."""
    figures, today, done = settings.in_force()["alarms"], localdate(), 0
    since = now() - timedelta(days=int(figures["days"]) + 1)
    rows = SharingGrant.objects.select_for_update(of=("self",), skip_locked=True).select_related("request").filter(state=GrantState.ACTIVE).exclude(alarmed_on=today)
    by_day: dict[int, Counter[int]] = {}
    for grant_id, at in GrantCall.objects.filter(grant__in=rows.values("pk"), at__gt=since).values_list("grant_id", "at").iterator():
        by_day.setdefault(grant_id, Counter())[(today - localtime(at).date()).days] += 1
    for row in rows:
        counts = by_day.get(row.pk, Counter())
        first = min((today - localtime(row.valid_from).date()).days, int(figures["days"]))
        past = [counts[n] for n in range(1, first + 1)]
        if unusual.is_unusual(counts[0], past, deviations=float(figures["deviations"]), least=int(figures["least"])):
            row.alarmed_on = today
            row.save(update_fields=["alarmed_on"])
            event = audit.record(actor, action="datahub.grant.unusual", area_path=row.area_path, data={"grant": row.key_id, "calls": counts[0], "bound": round(unusual.bound(past, float(figures["deviations"])))})
            title = {"zh-Hans": f"共享授权 {row.request.number} 今日调用异常", "en": f"Unusual use of grant {row.request.number} today"}
            telling.tell([*telling.officers(row.owner_path), *telling.stewards()], "datahub.grant.unusual", title, reverse("datahub:grant", args=[row.uid]), event.uid)
            done += 1
    return done
