"""Confirming owners of components (确权): lists go out as cases, answers and arbitration change the components."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.apps.city.models import CityCase, OwnershipItem, OwnershipList
from yiwang.apps.city.rules import ownership as rules
from yiwang.apps.city.rules.ownership import AnswerError, Item
from yiwang.kernel.areas.models import Area
from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotPermitted
from yiwang.kernel.cases.contracts import ActionContext, Limit, PreparedReport, ReportDraft
from yiwang.kernel.cases.models import Case, MatterVersion, Report
from yiwang.kernel.cases.services import clocks, report
from yiwang.kernel.geography import services as geography
from yiwang.kernel.geography.errors import ListChanged
from yiwang.kernel.geography.models import Asset
from yiwang.kernel.geography.queries.components import AssetFilter, components, organization
from yiwang.kernel.identity.models import Organization

MATTER, ORDER = "city.ownership", "city.ownership.order"
MOST, MOST_DAYS = 5000, 366


@dataclass(frozen=True)
class Asked:
    """What `prepare` hands on to `after_open`."""

    body: Organization
    due_on: date
    assets: tuple[int, ...]
    district_id: int | None
    street_id: int | None
    actor: Actor


def order_lists(
    *, actor: Actor, wanted: AssetFilter, body: str = "", due_on: date, note: str = "", expected: int | None = None
) -> list[UUID]:
    """Send the components of a list out to be confirmed, each body a case of its own; returns the cases.

    `body` (code or uid) is who is asked for all of them; empty asks each known owner for his own. Components that were asked about
    or confirmed already are left out, unless the filter names that state.

    Raises
    ------
    NotPermitted
        The actor may send no lists, or not in the area of one of them.
    BadInput
        Nobody to ask, no component left, or a date that cannot be.
    ListChanged
        The list is no longer that of the preview (`expected`).
    """
    if not actor.may_anywhere(ORDER):
        raise NotPermitted(permission=ORDER)
    today = timezone.localdate(now())
    if not 1 <= (due_on - today).days <= MOST_DAYS:
        raise BadInput.one("due_on", "range", _("Choose a day between tomorrow and a year from now."))
    asked = _body(body) if body else None
    rows = open_to_ask(actor, wanted)
    if expected is not None and len(rows) != expected:
        raise ListChanged(expected=expected, found=len(rows))
    divided = rules.lists(rows, asked.pk if asked else None)
    if not divided:
        raise BadInput.one("body", "nobody", _("No component of this list has an owner who could be asked. Choose whom to ask."))
    bodies = {o.pk: o for o in Organization.objects.filter(pk__in=divided)}
    made = []
    with transaction.atomic():
        for pk, groups in divided.items():
            for ids in groups:
                draft = ReportDraft(
                    channel="ownership", text=note.strip()[:1000] or _("Please confirm whether these components are yours."),
                    answers={"body": pk, "assets": ids, "due_on": due_on.isoformat(), "name": texts.pick(bodies[pk].name, "zh-hans")},
                )  # fmt: skip
                made.append(report(actor, MATTER, draft).case_uid)
    return made


def open_to_ask(actor: Actor, wanted: AssetFilter) -> list[tuple[int, int | None]]:
    """Return (id, owner's id) of the components that would be asked about.

    Raises
    ------
    BadInput
        More than five thousand.
    """
    rows = components(actor, wanted).select_related(None)
    if not wanted.ownership:
        rows = rows.filter(ownership="unconfirmed")
    found: list[tuple[int, int | None]] = list(rows.order_by("pk").values_list("pk", "owner_org_id")[: MOST + 1])
    if len(found) > MOST:
        raise BadInput.one("filter", "many", _("At most %(most)s components at once. Narrow the list.") % {"most": MOST})
    return found


def _body(given: str) -> Organization:
    found = organization(given)
    if found is None:
        raise BadInput.one("body", "unknown", _("There is no such organization."))
    return found


def prepare(actor: Actor, version: MatterVersion, draft: ReportDraft) -> PreparedReport:
    """Check one list. Only `order_lists` makes them; what another door hands in is refused."""
    answers = draft.answers
    ids = [i for i in answers.get("assets") or [] if isinstance(i, int)]
    given = answers.get("body")
    body = Organization.objects.filter(pk=given, is_active=True).first() if isinstance(given, int) else None
    try:
        due_on = date.fromisoformat(str(answers.get("due_on")))
    except ValueError:
        due_on = None
    assets = list(Asset.objects.filter(pk__in=ids).values_list("area_path", flat=True))
    if body is None or due_on is None or not assets or len(assets) != len(ids):
        raise BadInput.one("text", "list", _("A list of components is sent from the page of owners."))
    path = geography.common_path(assets)
    chain = list(Area.objects.filter(pk__in=[int(p) for p in path.strip(".").split(".") if p]).order_by("path"))
    if not chain:
        raise BadInput.one("filter", "area", _("The components lie under different roots. Ask for each of them by itself."))
    levels = {a.level: a.pk for a in chain}
    title = _("Confirm the owner of %(count)s components: %(body)s") % {"count": len(ids), "body": texts.pick(body.name)}
    asked = Asked(body, due_on, tuple(ids), levels.get("district"), levels.get("street"), actor)
    return PreparedReport(
        title=title, area_id=chain[-1].pk, area_path=chain[-1].path, region=chain[-1].region, data={}, variables={"body": body.pk}, typed=asked
    )


def after_open(case: Case, row: Report, prepared: PreparedReport) -> None:
    """Write the list, mark its components as asked about, and start the clock of the list's own date."""
    asked: Asked = prepared.typed
    CityCase.objects.create(case=case, kind="", class_code="", district_id=asked.district_id, street_id=asked.street_id, place_is_default=True)
    made = OwnershipList.objects.create(case=case, body=asked.body, due_on=asked.due_on)
    OwnershipItem.objects.bulk_create(OwnershipItem(list=made, asset_id=pk) for pk in asked.assets)
    days = max(1, (asked.due_on - timezone.localdate(case.reported_at)).days)
    rule = _("To be answered until %(day)s") % {"day": asked.due_on.isoformat()}
    clocks.begin(case, "case", Limit(unit="calendar_day", value=days, rule=rule), case.reported_at)
    geography.set_ownership(actor=asked.actor, asset_ids=asked.assets, ownership="asked", reason=case.title)


def before_action(context: ActionContext) -> None:
    """Check an answer or an arbitration, and do to the components what it says."""
    request, task = context.request, context.task
    if task is None or task.kind != "process" or request.action != "complete":
        return
    listed = OwnershipList.objects.select_for_update(of=("self",)).select_related("body").get(case=context.case)
    if task.step == "answer":
        _answer(context, listed)
    elif task.step == "arbitrate":
        _arbitrate(context, listed)


def _set(context: ActionContext, items: list[OwnershipItem], state: Item, ownership: str, **owner: Any) -> None:
    if not items:
        return
    OwnershipItem.objects.filter(pk__in=[i.pk for i in items]).update(state=state)
    reason = context.request.reason or context.case.title
    geography.set_ownership(actor=context.actor, asset_ids=[i.asset_id for i in items], ownership=ownership, reason=reason, **owner)


def _answer(context: ActionContext, listed: OwnershipList) -> None:
    """答复: what is not denied is confirmed at once; a denial needs the codes, a reason and evidence (举证)."""
    items = list(listed.items.filter(state=Item.ASKED).select_related("asset").order_by("pk"))
    no: set[str] = set()
    if context.request.outcome == "deny":
        try:
            no = rules.denied(str(context.request.data.get("denied") or ""), [i.asset.code for i in items])
        except AnswerError as error:
            message = _("Name the codes that are not yours, or * for all of them.")
            if error.reason == "unknown":
                message = _("These codes are not on the list: %(codes)s") % {"codes": ", ".join(error.codes[:5])}
            raise BadInput.one("denied", error.reason, message) from error
        if not context.request.files:
            raise BadInput.one("files", "required", _("Evidence is needed: a photo of a nameplate, a drawing, a hand-over paper."))
    context.event_data |= {"accepted": len(items) - len(no), "denied": sorted(no)[:200]}
    _set(context, [i for i in items if i.asset.code not in no], Item.ACCEPTED, "confirmed", owner=listed.body, keep_owner=False)
    _set(context, [i for i in items if i.asset.code in no], Item.DENIED, "disputed")


def _arbitrate(context: ActionContext, listed: OwnershipList) -> None:
    """裁决: of everything that was denied."""
    items, outcome = list(listed.items.filter(state=Item.DENIED).order_by("pk")), context.request.outcome
    if outcome == "other":
        given = _body(str(context.request.data.get("owner") or ""))
        if given.pk == listed.body_id:
            raise BadInput.one("owner", "same", _("This is the body that denied it. Choose another, or say that it is theirs after all."))
        listed.settled_owner = given
        _set(context, items, Item.GIVEN, "confirmed", owner=given, keep_owner=False)
        context.event_data["owner"] = given.code
    elif outcome == "uphold":
        listed.settled_owner = listed.body
        _set(context, items, Item.UPHELD, "confirmed", owner=listed.body, keep_owner=False)
    else:
        _set(context, items, Item.STREET, "unconfirmed", owner=None, keep_owner=False)
    listed.save(update_fields=["settled_owner"])
