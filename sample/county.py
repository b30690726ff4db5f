"""The whole county as values."""

import gc
import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, is_dataclass
from typing import Any

from sample import components, land, people, streets
from sample.components import AssetRow
from sample.land import Land
from sample.people import People
from sample.spec import Spec
from sample.story import Story, Twin
from sample.streets import Streets
from sample.year import Year


@dataclass(slots=True)
class County:
    """Everything that the sample holds. `truth` lists planted duplicates as (case index, index of what it repeats)."""

    spec: Spec
    land: Land
    streets: Streets
    people: People
    assets: list[AssetRow]
    closed: list[Story]
    open: list[Story]
    twins: list[Twin]

    @property
    def truth(self) -> list[tuple[int, int]]:
        return [(s.index, s.duplicate_of) for s in (*self.closed, *self.open) if s.duplicate_of is not None]


def ground(spec: Spec) -> tuple[Land, Streets, People, list[AssetRow]]:
    """Return what stands still: areas, streets, bodies and people, components."""
    ground_ = land.build(spec)
    roads = streets.build(spec, ground_)
    return ground_, roads, people.build(spec, ground_), components.build(spec, ground_, roads)


def build(spec: Spec) -> County:
    """Return the county; the same spec gives the same bytes (`digest`)."""
    with no_collection():
        ground_, roads, crowd, assets = ground(spec)
        year = Year(spec, ground_, roads, crowd, assets)
        return County(spec, ground_, roads, crowd, assets, list(year.closed()), *year.open())


@contextmanager
def no_collection() -> Iterator[None]:
    """Keep the cyclic collector out of the way: a million small values without cycles cost it half of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def digest(values: Iterable[Any]) -> str:
    """Return the SHA-256 of values in their order; used to prove that nothing depends on chance or on the machine."""
    sha = hashlib.sha256()
    for value in values:
        sha.update(repr(asdict(value) if is_dataclass(value) and not isinstance(value, type) else value).encode())
    return sha.hexdigest()
