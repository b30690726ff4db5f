"""Contests and paid challenges (数据大赛、有偿征集): post, apply, hand in, judge by two at least, award."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.utils.translation import gettext as _

from yiwang.apps.datahub.errors import AlreadyDecided, NameTaken, NotYet, TooFewJudges
from yiwang.apps.datahub.models import Challenge, ChallengeEntry, ChallengeKind, ChallengeScore, ChallengeState
from yiwang.apps.datahub.rules.opening import shelf
from yiwang.apps.datahub.services.opening.asking import clean, new_code
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotPermitted
from yiwang.kernel.identity.models import Account, Organization

POST, JUDGE = "datahub.open.challenge", "datahub.open.judge"
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{1,78}")
_URL = URLValidator(schemes=["https", "http"])


@transaction.atomic
def post(
    actor: Actor, *, slug: str, kind: str, title: str, brief: str, reward: str, criteria: Sequence[tuple[str, int]], closes_at: datetime, org: Organization,
    judges: Sequence[Account],
) -> Challenge:  # fmt: skip
    """Post a challenge; it takes entries from now until `closes_at`. At least two judges, who are not its poster."""
    actor.require(POST, area_path=org.area.path, org_path=org.path)
    wanted = shelf.answers()["judges"]
    errors = []
    if not _SLUG.fullmatch(slug):
        errors.append({"field": "slug", "code": "slug", "message": _("Small letters, digits and hyphens, 2 to 79 of them.")})
    if kind not in ChallengeKind.values:
        errors.append({"field": "kind", "code": "choice", "message": _("Choose a kind.")})
    if not 2 <= len(title.strip()) <= 80:
        errors.append({"field": "title", "code": "required", "message": _("Give it a name that people understand.")})
    if kind == ChallengeKind.PAID and not reward.strip():
        errors.append({"field": "reward", "code": "required", "message": _("Say what is paid.")})
    if not criteria or any(not name.strip() or not 1 <= most <= 100 for name, most in criteria):
        errors.append({"field": "criteria", "code": "required", "message": _("Name what is judged, each with 1 to 100 points.")})
    if len({j.pk for j in judges} - {actor.account_id}) < wanted:
        errors.append({"field": "judges", "code": "few", "message": _("Choose at least %(n)s judges besides yourself.") % {"n": wanted}})
    if closes_at <= now():
        errors.append({"field": "closes_at", "code": "past", "message": _("The last day lies in the past.")})
    if errors:
        raise BadInput(errors=tuple(errors))
    if Challenge.objects.filter(slug=slug).exists():
        raise NameTaken
    row = Challenge.objects.create(
        slug=slug, kind=kind, title={"zh-Hans": title.strip()}, brief=clean("brief", brief, least=10, most=4000), reward=reward.strip()[:200],
        criteria=[{"name": name.strip()[:40], "most": most} for name, most in criteria], org=org, org_path=org.path, area_path=org.area.path,
        state=ChallengeState.OPEN, closes_at=closes_at, posted_by_id=actor.account_id,
    )  # fmt: skip
    row.judges.set(judges)
    audit.record(actor, action="datahub.challenge.posted", area_path=row.area_path, to_state="open", data={"challenge": slug, "judges": [j.pk for j in judges]})
    return row


@transaction.atomic
def enter(actor: Actor, row: Challenge, *, team: str, plan: str) -> ChallengeEntry:
    """Apply: a team's name and what it wants to do. Returns the entry with the code by which it is handed in."""
    row = Challenge.objects.select_for_update().get(pk=row.pk)
    if row.state != ChallengeState.OPEN or row.closes_at <= now():
        raise NotYet
    name = clean("team", team, least=2, most=80)
    if row.entries.filter(team=name).exists():
        raise BadInput.one("team", "taken", _("Another team has this name."))
    made = ChallengeEntry.objects.create(challenge=row, code=new_code(), team=name, plan=clean("plan", plan, least=10, most=2000))
    audit.record(actor, action="datahub.challenge.entered", area_path=row.area_path, data={"challenge": row.slug, "entry": str(made.uid)})
    return made


@transaction.atomic
def submit(actor: Actor, code: str, *, solution: str, link: str = "") -> ChallengeEntry:
    """Hand the work in by the entry's code; until the last day as often as one likes."""
    entry = ChallengeEntry.objects.select_for_update().select_related("challenge").filter(code=code.strip().upper()).first()
    if entry is None:
        raise BadInput.one("code", "unknown", _("There is no entry with this code."))
    if entry.challenge.state != ChallengeState.OPEN or entry.challenge.closes_at <= now():
        raise NotYet
    if link:
        try:
            _URL(link)
        except ValidationError as error:
            raise BadInput.one("link", "url", _("Give a whole address that begins with https.")) from error
    entry.solution, entry.link, entry.submitted_at = clean("solution", solution, least=10, most=4000), link[:300], now()
    entry.save()
    audit.record(actor, action="datahub.challenge.submitted", area_path=entry.challenge.area_path, data={"challenge": entry.challenge.slug, "entry": str(entry.uid)})
    return entry


@transaction.atomic
def close(actor: Actor, row: Challenge) -> Challenge:
    """Take no more entries: judging begins. Before the last day only who posts challenges may do so."""
    actor.require(POST, area_path=row.area_path, org_path=row.org_path)
    row = Challenge.objects.select_for_update().get(pk=row.pk)
    if row.state != ChallengeState.OPEN:
        raise AlreadyDecided
    row.state = ChallengeState.JUDGING
    row.save()
    audit.record(actor, action="datahub.challenge.closed", area_path=row.area_path, from_state="open", to_state="judging", data={"challenge": row.slug})
    return row


@transaction.atomic
def judge(actor: Actor, entry: ChallengeEntry, *, points: Sequence[float], comment: str = "") -> ChallengeScore:
    """Give one entry points for each criterion; only who was named a judge of this challenge, each for himself."""
    row = Challenge.objects.select_for_update().get(pk=entry.challenge_id)
    if not row.judges.filter(pk=actor.account_id or 0).exists() or not actor.may_anywhere(JUDGE):
        raise NotPermitted(permission=JUDGE)
    if row.state != ChallengeState.JUDGING or entry.submitted_at is None:
        raise NotYet
    if len(points) != len(row.criteria) or any(not 0 <= p <= c["most"] for p, c in zip(points, row.criteria, strict=False)):
        raise BadInput.one("points", "range", _("Give each criterion points from 0 to its most."))
    total = round(100 * sum(points) / sum(c["most"] for c in row.criteria), 2)
    made, _new = ChallengeScore.objects.update_or_create(
        entry=entry, judge_id=actor.account_id, defaults={"points": list(points), "total": total, "comment": clean("comment", comment, least=0, most=1000)}
    )
    audit.record(actor, action="datahub.challenge.judged", area_path=row.area_path, data={"challenge": row.slug, "entry": str(entry.uid), "total": total})
    return made


@transaction.atomic
def award(actor: Actor, row: Challenge, *, winners: Sequence[ChallengeEntry], statement: str) -> Challenge:
    """Name the winners, with why; wants every entry that was handed in judged by two at least. None may win: then say why."""
    actor.require(POST, area_path=row.area_path, org_path=row.org_path)
    row = Challenge.objects.select_for_update().get(pk=row.pk)
    if row.state != ChallengeState.JUDGING:
        raise AlreadyDecided if row.state == ChallengeState.AWARDED else NotYet
    wanted = shelf.answers()["judges"]
    handed_in: list[Any] = list(row.entries.filter(submitted_at__isnull=False).prefetch_related("scores"))
    if any(len(e.scores.all()) < wanted for e in handed_in):
        raise TooFewJudges(wanted=wanted)
    if any(w.pk not in {e.pk for e in handed_in} for w in winners):
        raise BadInput.one("winners", "choice", _("Choose among the entries that were handed in."))
    row.statement = clean("statement", statement, least=5, most=1000)
    row.state, row.decided_at = ChallengeState.AWARDED, now()
    row.save()
    row.entries.filter(pk__in=[w.pk for w in winners]).update(is_winner=True)
    audit.record(
        actor, action="datahub.challenge.awarded", area_path=row.area_path, from_state="judging", to_state="awarded",
        data={"challenge": row.slug, "winners": [str(w.uid) for w in winners]},
    )  # fmt: skip
    return row
