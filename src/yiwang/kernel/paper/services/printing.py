"""Print forms: each sheet has a number of its own, drawn here and kept."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from yiwang.kernel.areas.models import Area
from yiwang.kernel.areas.queries import zone_of
from yiwang.kernel.audit.services import record
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.cases.models import Case
from yiwang.kernel.paper import printing, queries
from yiwang.kernel.paper.errors import NothingToPrint
from yiwang.kernel.paper.models import FormKind, PaperForm
from yiwang.kernel.paper.rules.serials import serial

PRINT = "paper.print"
MOST = 300  # sheets of one printing
LINES = 4
_LOCK = 0x79775046


def print_cases(actor: Actor, *, site: str, area_path: str = "") -> tuple[bytes, list[PaperForm]]:
    """Print a form for every open case that concerns the actor; returns the PDF and the forms.

    Parameters
    ----------
    site : address of the platform, for the QR codes, such as `https://yiwang.example.gov.cn`

    Raises
    ------
    NotPermitted, NothingToPrint, NoFont
    BadInput
        More than 300 sheets: choose a smaller area.
    """
    require_somewhere(actor, PRINT)
    cases = list(queries.open_cases(actor, area_path)[: MOST + 1])
    if not cases:
        raise NothingToPrint
    if len(cases) > MOST:
        raise BadInput.one("area", "too-many", _("More than %(most)s sheets. Choose a smaller area.") % {"most": MOST})
    return _print(actor, [(FormKind.CASE, case, case.area_path, "") for case in cases], site)


def print_blanks(actor: Actor, count: int, *, matter: str, site: str) -> tuple[bytes, list[PaperForm]]:
    """Print blank report forms with numbers of their own; as `print_cases`."""
    require_somewhere(actor, PRINT)
    if not 1 <= count <= MOST:
        raise BadInput.one("count", "range", _("From 1 to %(most)s sheets.") % {"most": MOST})
    path = min((s.area_path for s in actor.scopes(PRINT)), key=len)
    return _print(actor, [(FormKind.REPORT, None, path, matter)] * count, site)


def require_somewhere(actor: Actor, permission: str) -> None:
    """Refuse unless the permission holds anywhere; which rows are printed is the queries' affair."""
    if not actor.may_anywhere(permission):
        actor.require(permission)


@transaction.atomic
def _print(actor: Actor, wanted: Sequence[tuple[str, Case | None, str, str]], site: str) -> tuple[bytes, list[PaperForm]]:
    moment, batch = now(), uuid7()
    made = [
        PaperForm(
            serial=number, kind=kind, case=case, area_path=path, matter=matter, batch=batch, printed_at=moment,
            printed_by_id=actor.account_id,
        )
        for number, (kind, case, path, matter) in zip(_serials(len(wanted)), wanted, strict=True)
    ]  # fmt: skip
    PaperForm.objects.bulk_create(made)
    record(actor, action="paper.print", data={"batch": str(batch), "count": len(made), "first": made[0].serial, "last": made[-1].serial})
    return printing.pdf("forms", _sheet(made, batch, site)), made


def _serials(count: int) -> list[str]:
    """Draw numbers under a lock; a printing that fails gives them back, so none is missing without a trace."""
    year = now().year
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    prefix = f"P{year % 100:02d}-"
    last = PaperForm.objects.filter(serial__startswith=prefix).order_by("-serial").values_list("serial", flat=True).first()
    begin = int(last[4:10]) + 1 if last else 1
    return [serial(year, begin + i) for i in range(count)]


def _sheet(made: list[PaperForm], batch: UUID, site: str) -> dict[str, Any]:
    root = Area.objects.filter(parent__isnull=True, valid_to__isnull=True).order_by("pk").first()
    printed = made[0].printed_at.astimezone(zone_of(root.path if root else "")).strftime("%Y-%m-%d %H:%M")
    return {
        "lines": LINES,
        "words": {
            "title": _("Forms for work without power or network"), "sub": _("Fill in by hand; it is entered under this number afterwards, with your times."),
            "case-title": _("Case form"), "report-title": _("Report form"), "line": _("Act"), "what": _("What was done, with what result"),
            "who": _("Who"), "post": _("Post"), "when": _("When"), "when-hint": _("year - month - day  hour : minute"), "signature": _("Signature"),
            "step": _("Open step"), "body": _("Whose"), "due": _("Until"), "what-wrong": _("What is wrong"), "where": _("Where exactly"),
            "plate": _("Plate code, if there is one"), "class": _("Class, if known"), "caller": _("Who reported, telephone"),
            "foot": _("Keep this sheet: it is scanned and stays with the case."), "printed": _("Printed %(at)s") % {"at": printed},
        },
        "forms": [
            {
                "serial": form.serial, "kind": str(form.kind), "qr": printing.qr_svg(f"{site}/paper/{form.serial}/"),
                "facts": queries.facts_of(form.case) if form.case else [], "steps": queries.steps_of(form.case) if form.case else [],
            }
            for form in made
        ],
    }  # fmt: skip
