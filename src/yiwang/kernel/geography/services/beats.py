"""Changes of a responsibility grid (责任网格) on its own page: its name, and who walks it in which shift.

Each verb is one permission, one transaction and one event. `stamp` is what the page showed (`queries.beats.stamp_of`): when the
grid has become another one meanwhile, nothing is done. What is wished and is so already is no change, whoever made it so.
"""

from collections.abc import Mapping
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotFound
from yiwang.kernel.base.texts import is_showable
from yiwang.kernel.geography.errors import BeatChanged
from yiwang.kernel.geography.models import GridInspector, ResponsibilityGrid
from yiwang.kernel.geography.queries import beats
from yiwang.kernel.geography.services.grids import assign_inspector, release_inspector
from yiwang.kernel.geography.services.gridwork import keep_responsibility
from yiwang.kernel.geography.services.shapes import EDIT_GRID
from yiwang.kernel.identity.models import Account

MOST_NAME, MOST_SHIFT, MOST_WALKERS = 60, 20, 40


def _locked(actor: Actor, uid: UUID) -> ResponsibilityGrid:
    grid = ResponsibilityGrid.objects.select_for_update(of=("self",)).select_related("area").filter(uid=uid).first()
    if grid is None or not actor.may(EDIT_GRID, area_path=grid.area_path):
        raise NotFound(what="grid")
    if grid.valid_to is not None:
        raise BadInput.one("grid", "closed", _("This grid was closed. Choose one that is in force."))
    return grid


def _as_shown(grid: ResponsibilityGrid, stamp: str) -> None:
    if stamp != beats.stamp_of(grid):
        by, at = beats.last_change(grid)
        raise BeatChanged(grid_code=grid.code, by=by or "–", at=beats.at_in_words(at))


def _text(field: str, text: str, most: int) -> str:
    text = text.strip()
    if len(text) > most or not is_showable(text):
        raise BadInput.one(field, "length", _("At most %(most)s characters that can be shown.") % {"most": most})
    return text


@transaction.atomic
def rename_grid(*, actor: Actor, uid: UUID, stamp: str, name: Mapping[str, str]) -> ResponsibilityGrid:
    """Give a grid another name; the old one stays in its past.

    Raises
    ------
    NotFound
        There is no such grid for the actor.
    BadInput
        There is no Chinese name, one is too long, or the grid was closed.
    BeatChanged
        Somebody else changed the grid meanwhile.
    """
    grid = _locked(actor, uid)
    wished = {lang: text for lang in ("zh-Hans", "en") if (text := _text("name", name.get(lang, ""), MOST_NAME))}
    if "zh-Hans" not in wished:
        raise BadInput.one("name", "required", _("Give the grid a name."))
    wished = {**{k: v for k, v in grid.name.items() if k not in ("zh-Hans", "en")}, **wished}
    if wished == grid.name:
        return grid
    _as_shown(grid, stamp)
    ref = audit.record(
        actor, action="geography.grid.renamed", region=grid.area.region, area_path=grid.area_path, data={"grid": grid.code, "from": grid.name, "to": wished},
    )  # fmt: skip
    codes = sorted(grid.unit_grids.values_list("area__code", flat=True))
    keep_responsibility(grid, codes, {"valid_to": now(), "by_name": actor.recorded_name[:120], "event_uid": ref.uid}, became=[grid.code])
    grid.name = wished
    grid.save(update_fields=["name"])
    return grid


def _person(grid: ResponsibilityGrid, account: str) -> Account:
    try:
        found = beats.able_person(grid, UUID(account))
    except ValueError:
        found = None
    if found is None:
        raise BadInput.one("account", "unknown", _("Choose somebody whose post lets him patrol here."))
    return found


def _row(grid: ResponsibilityGrid, account: str, shift: str) -> GridInspector | None:
    try:
        number = UUID(account)
    except ValueError:
        return None
    return GridInspector.objects.filter(grid=grid, account__uid=number, shift=shift, valid_to__isnull=True).select_related("account").first()


@transaction.atomic
def name_inspector(*, actor: Actor, uid: UUID, stamp: str, account: str, shift: str = "", is_substitute: bool = False) -> GridInspector:
    """Let somebody (uid) walk a grid in a shift from today; the empty shift is the whole day.

    Raises
    ------
    NotFound, BeatChanged
        As `rename_grid`.
    BadInput
        The person may not patrol there, walks this shift already in the other capacity, or the shift's word cannot be.
    """
    grid = _locked(actor, uid)
    shift = _text("shift", shift, MOST_SHIFT)
    there = _row(grid, account, shift)
    if there is not None and there.is_substitute == is_substitute:
        return there
    person = _person(grid, account)
    _as_shown(grid, stamp)
    if there is not None:
        raise BadInput.one("account", "taken", _("This person walks this shift already. Change the line instead."))
    if GridInspector.objects.filter(grid=grid, valid_to__isnull=True).count() >= MOST_WALKERS:
        raise BadInput.one("account", "many", _("At most %(most)s people for one grid.") % {"most": MOST_WALKERS})
    return assign_inspector(actor=actor, account=person, grid=grid, shift=shift, is_substitute=is_substitute)


@transaction.atomic
def change_inspector(
    *, actor: Actor, uid: UUID, stamp: str, account: str, shift: str, to_shift: str, is_substitute: bool
) -> GridInspector:
    """Give somebody who walks a grid another shift, or make him substitute or regular; the old line ends today and stays.

    Raises
    ------
    NotFound, BeatChanged
        As `rename_grid`; also NotFound when he does not walk this shift.
    BadInput
        He walks the other shift already, or its word cannot be.
    """
    grid = _locked(actor, uid)
    to_shift = _text("shift", to_shift, MOST_SHIFT)
    old, new = _row(grid, account, shift), _row(grid, account, to_shift)
    if new is not None and new.is_substitute == is_substitute and (old is None or old.pk == new.pk):
        return new
    _as_shown(grid, stamp)
    if old is None:
        raise NotFound(what="inspector")
    if new is not None and new.pk != old.pk:
        raise BadInput.one("shift", "taken", _("This person walks that shift already."))
    today = now().date()
    GridInspector.objects.filter(pk=old.pk).update(valid_to=today)
    made = GridInspector.objects.create(account=old.account, grid=grid, shift=to_shift, is_substitute=is_substitute, valid_from=today)
    data = {
        "grid": grid.code, "account": old.account_id, "from": {"shift": old.shift, "substitute": old.is_substitute},
        "to": {"shift": to_shift, "substitute": is_substitute},
    }  # fmt: skip
    audit.record(actor, action="geography.inspector.changed", region=grid.area.region, area_path=grid.area_path, data=data)
    return made


@transaction.atomic
def end_inspector(*, actor: Actor, uid: UUID, stamp: str, account: str, shift: str = "") -> bool:
    """End somebody's shift in a grid today; says whether he walked it.

    Raises
    ------
    NotFound, BadInput, BeatChanged
        As `rename_grid`.
    """
    grid = _locked(actor, uid)
    there = _row(grid, account, shift)
    if there is None:
        return False
    _as_shown(grid, stamp)
    return bool(release_inspector(actor=actor, account=there.account, grid=grid, shift=shift))
