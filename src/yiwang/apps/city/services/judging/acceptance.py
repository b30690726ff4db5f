"""Drawing components for an acceptance (验收抽样), and printing its report."""

import secrets
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from yiwang.apps.city.models import AcceptanceSample
from yiwang.apps.city.queries.judging import acceptance as queries
from yiwang.apps.city.queries.judging.settings import values
from yiwang.apps.city.rules.judging import acceptance as rules
from yiwang.kernel.areas.models import Area
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.paper import printing


@transaction.atomic
def draw_sample(actor: Actor, area: Area, *, seed: str = "", size: int | None = None) -> AcceptanceSample:
    """Draw components of an area; `seed` (64 hexadecimal digits) may come from those who accept, else the machine makes one.

    Raises
    ------
    NotPermitted
        Not in the actor's area.
    BadInput
        No such seed, no component to draw, or a size that cannot be.
    """
    actor.require(queries.DRAW, area_path=area.path)
    seed = seed.strip().lower() or secrets.token_hex(32)
    if len(seed) != 64 or any(c not in "0123456789abcdef" for c in seed):
        raise BadInput.one("seed", "seed", _("A seed is 64 hexadecimal digits."))
    wanted = int(values("acceptance")["sample_size"]) if size is None else size
    codes = list(queries.components(area).values_list("code", flat=True))
    if not codes:
        raise BadInput.one("area", "empty", _("There is no component in this area."))
    if not 1 <= wanted <= 2000:
        raise BadInput.one("size", "range", _("Between 1 and 2,000 components."))
    row = AcceptanceSample.objects.create(
        area=area, area_path=area.path, seed=seed, size=wanted, population=len(codes), population_sha256=rules.fingerprint(codes), codes=rules.draw(seed, codes, wanted),
        drawn_at=now(), drawn_by_name=actor.recorded_name[:80],
    )  # fmt: skip
    audit.record(
        actor, action="city.acceptance.drawn", area_path=area.path,
        data={"sample": str(row.uid), "seed": seed, "size": wanted, "population": len(codes), "sha256": row.population_sha256},
    )  # fmt: skip
    return row


def mode_words() -> dict[str, str]:
    return {"trial": _("trial run"), "live": _("in service")}


def rule_words() -> dict[str, str]:
    return {
        "G01": _("code that does not fit the pattern"), "G02–G03": _("code that is not its community's"), "G04": _("shape that crosses itself"), "G05": _("pairs that overlap"),
        "G07": _("reaches out of its community"), "G10": _("too small or too large"), "G13": _("in no responsibility grid"),
    }  # fmt: skip


def percent(share: rules.Share) -> str:
    return "—" if share.value is None else f"{100 * share.value:.1f} %"


def verdict(share: rules.Share) -> str:
    return {True: _("reached"), False: _("not reached"), None: "—"}[share.reached]


def print_report(area: Area, since: date, until: date, mode: str, sample: AcceptanceSample | None) -> bytes:
    """Return the acceptance report as a typeset PDF under the heads of GB/T 30428.6: run, grids, components, sample."""
    run, (total, wrong), owned = queries.run_of(area, since, until, mode), queries.grid_errors(area), queries.ownership(area)
    counts = [(_("Reported"), run.reported), (_("Filed"), run.filed), (_("Dispatched"), run.dispatched), (_("Handled"), run.handled), (_("Closed"), run.closed)]
    shares = ((_("Closing rate"), run.closing), (_("On-time closing rate"), run.on_time), (_("Components with a confirmed owner"), owned))
    head = [_("What"), _("How many")]
    tables = [
        {"title": _("The run"), "head": head, "rows": [[word, str(number)] for word, number in counts]},
        {"title": _("Rates"), "head": [_("What"), _("Of all"), _("Share"), _("Target"), _("Result")],
         "rows": [[word, f"{s.part} / {s.whole}", percent(s), f"{100 * s.target:.0f} %", verdict(s)] for word, s in shares]},
        {"title": _("Unit grids: %(count)s") % {"count": total}, "head": head, "rows": [[f"{rule} {rule_words()[rule]}", str(number)] for rule, number in wrong]},
    ]  # fmt: skip
    notes = []
    if sample is not None:
        rows = [[str(at), x["code"], x["address"]] for at, x in enumerate(queries.rows_of(sample), 1)]
        tables.append({"title": _("Components drawn: %(size)s of %(all)s") % {"size": len(sample.codes), "all": sample.population}, "head": ["#", _("Code"), _("Where")], "rows": rows})
        seed = _("Seed")
        notes = [f"{seed} {sample.seed}", f"SHA-256 {sample.population_sha256}"]
    return printing.pdf("report", {
        "title": _("Acceptance report"), "subtitle": texts.pick(area.name),
        "facts": [[_("Days counted"), f"{since} – {until}"], [_("Mode"), mode_words()[mode]], [_("Printed"), f"{now():%Y-%m-%d}"], ["", ""]],
        "tables": tables, "notes": notes, "signs": [_("Built by"), _("Accepted by"), _("Date")],
    })  # fmt: skip
