"""What a room or app tells the sweeps of itself: rows that its addresses may name, and what its lists must hold.

Every installed room and app may have a module `tests/specimens.py` with any of

    fill(world)                 make rows in several districts and bodies; called once, before anybody is signed in
    kinds(made) -> [Kind]       the rows that parameters of addresses name, and who may see each
    carried(made) -> [Carried]  the same rows named in a query or a body
    lists(made) -> [Listing]    what a list must hold for each reader
    NOT_IDS = {route: why}      parameters that name no row
    NOT_LISTS = {route: why}    addresses that show more than one row and are no list
    NUMBERS = {route: why}      addresses that name rows by their number alone to whoever has the office

`made` is the `Made` of tests/sweeps/conftest.py. docs/how-to/attack-a-new-app.md has an example.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from django.apps import apps
from django.utils.module_loading import module_has_submodule

from tests.contracts.urls import PARAMETER, Address
from tests.sweeps.readers import Reader

GUIDE = "docs/how-to/attack-a-new-app.md"
FORMATS = {"format", "ext"}  # parameters that say in what shape, not of what


@dataclass(frozen=True)
class Specimen:
    """One row. `values` fill the parameters; `marks` are texts that give it away wherever they stand (its uid, its number)."""

    label: str
    values: Mapping[str, Any]
    seen_by: Callable[[Reader], bool]
    marks: tuple[str, ...] = ()
    row: Any = None


@dataclass(frozen=True)
class Write:
    """A body that does something when `who` sends it to the specimen `on`: the proof that the attack is a real one."""

    body: Callable[[Specimen], Mapping[str, Any]]
    who: str
    on: str
    done_by: Callable[[Reader, Specimen], bool] | None = None  # who may do it; without it only `who` is let through
    unproved: str = ""  # why no body of a test can succeed (it needs a file); empty: the body is proved to work


@dataclass(frozen=True)
class Kind:
    """What the parameters of some addresses name. `at` are beginnings of routes, the parameter included."""

    name: str
    at: tuple[str, ...]
    specimens: Sequence[Specimen]
    absent: Mapping[str, Any]  # what never existed
    writes: Mapping[str, Write] = field(default_factory=dict)  # by the name of the address
    query: str = ""  # what a GET needs besides
    known: bool = False  # names that are no secret (a layer's code): refused is said as 403
    behind: str = ""  # a permission that opens them besides the door's (that of a layer): without it every row is refused alike


@dataclass(frozen=True)
class Carried:
    """An address that takes a row's number in its query (GET) or body; answers must not tell a hidden row from none."""

    kind: str
    address: str  # name of the address
    method: str
    sends: Callable[[Mapping[str, Any]], Mapping[str, Any]]  # from the specimen's values
    fields: tuple[str, ...]  # which fields carry it
    json: bool = False
    values: Mapping[str, Any] = field(default_factory=dict)  # of the address's own parameters


@dataclass(frozen=True)
class Listing:
    """A list and its oracle: `shown` reads an answer, `wanted` says in plain Python what belongs there."""

    name: str
    address: str  # name of the address
    shown: Callable[[Any], list[str]]
    wanted: Callable[[Reader, Mapping[str, str]], set[str]]
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)  # always sent
    values: Mapping[str, Any] = field(default_factory=dict)
    next_page: Callable[[Any], str] | None = None  # the address of the next page in an answer; None: one page
    grow: Callable[[int], None] | None = None  # make so many more rows that the list shows
    readers: tuple[str | None, ...] = ()  # who reads it besides those whom the door lets in


def modules() -> Iterator[Any]:
    """Yield the specimen modules of what is installed, rooms first."""
    for config in apps.get_app_configs():
        if config.module is None or not config.name.startswith("yiwang."):
            continue
        if module_has_submodule(config.module, "tests") and module_has_submodule(import_module(f"{config.name}.tests"), "specimens"):
            yield import_module(f"{config.name}.tests.specimens")


def gathered(name: str, *arguments: Any) -> list[Any]:
    """Return what all modules answer to a function of this name."""
    return [one for module in modules() if hasattr(module, name) for one in getattr(module, name)(*arguments)]


def named(name: str) -> dict[str, str]:
    """Return a constant of this name, of all modules together."""
    return {key: why for module in modules() for key, why in getattr(module, name, {}).items()}


def has_id(address: Address) -> bool:
    """Say whether an address names a row: a parameter that is not merely a format."""
    return any(m["name"] not in FORMATS for m in PARAMETER.finditer(address.route))


def kind_of(address: Address, kinds: Sequence[Kind]) -> Kind | None:
    """Return what the address's parameters name: the kind with the longest fitting beginning."""
    fitting = [(len(start), kind) for kind in kinds for start in kind.at if address.route.startswith(start)]
    return max(fitting, key=lambda pair: pair[0])[1] if fitting else None


def missing_specimen(address: Address) -> str:
    """Say what to add for an address whose rows nobody declared."""
    return (
        f"/{address.route} ({address.name}) names a row, and nobody says which rows there are. Add to tests/specimens.py of its room or app"
        f" a Kind with at=({address.route!r},): rows of another district, another body, an ended one, one that never was, and who sees each;"
        f" or, when it names no row, a line in NOT_IDS. See {GUIDE}."
    )


def missing_write(address: Address, kind: Kind) -> str:
    return (
        f"{address.method} /{address.route} writes to {kind.name}, and nobody says with what body it would succeed. Add to that Kind"
        f" writes={{{address.name!r}: Write(body=..., who=..., on=...)}}. See {GUIDE}."
    )


def missing_listing(address: Address, found: int) -> str:
    return (
        f"/{address.route} ({address.name}) shows {found} rows, so it is a list that nobody compares with the scope rule. Add a Listing to"
        f" tests/specimens.py of its room or app, or a line in NOT_LISTS that says why none is needed. See {GUIDE}."
    )
