"""The person who reported is asked: 1-5 and a word, once for each report."""

from django.db import transaction
from django.utils.translation import gettext as _

from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotFound
from yiwang.kernel.base.texts import is_showable
from yiwang.kernel.cases.models import Case, Rating, Report
from yiwang.kernel.cases.services import events


@transaction.atomic
def rate(actor: Actor, code: str, score: int, comment: str = "") -> Rating:
    """Rate a closed case by the report's query code; a second rating of the same report is refused."""
    given = code.strip().upper()
    row = Report.all_modes.filter(query_code=given).first() if given.isalnum() else None
    if row is None:
        raise NotFound(what="report")
    case = Case.all_modes.select_for_update(of=("self",)).get(pk=row.case_id)
    if case.is_open:
        raise BadInput.one("score", "open", _("You can rate the result once the case is closed."))
    if not 1 <= score <= 5:
        raise BadInput.one("score", "range", _("Choose one to five stars."))
    if Rating.objects.filter(report=row).exists():
        raise BadInput.one("score", "twice", _("You have already rated this. Thank you."))
    if len(comment) > 500:
        raise BadInput.one("comment", "length", _("At most %(most)s characters.") % {"most": 500})
    if not is_showable(comment):
        raise BadInput.one("comment", "control", _("The text has characters that cannot be shown. Type it again."))
    at = now()
    rating = Rating.objects.create(case=case, report=row, score=score, comment=comment, rated_at=at)
    events.write(actor, case, "rate", at=at, from_state=case.state, data={"score": score, "report": str(row.uid)})
    case.save(update_fields=["event_count", "event_head"])
    return rating
