"""What an actor may do where: scopes by area and organisation, refusals that say what is missing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiwang.kernel.base.actor import Actor, ActorKind, Grant, Scope, importer, public, system
from yiwang.kernel.base.errors import NotPermitted, NotSignedIn

PATHS = st.lists(st.integers(1, 12), max_size=4).map(lambda ids: "".join(f"{i}." for i in ids))


def person(*grants: Grant) -> Actor:
    return Actor(kind=ActorKind.PERSON, account_id=1, grants=grants)


@pytest.mark.parametrize(
    ("scope", "area", "org", "holds"),
    [
        (Scope(), "1.2.", "3.", True),
        (Scope(area_path="1.2."), "1.2.", "", True),
        (Scope(area_path="1.2."), "1.2.9.", "", True),
        (Scope(area_path="1.2."), "1.", "", False),
        (Scope(area_path="1.2."), "1.20.", "", False),  # the point at the end keeps 2 and 20 apart
        (Scope(area_path="1.2."), "", "", False),
        (Scope(org_path="5."), "1.2.", "5.6.", True),
        (Scope(org_path="5."), "1.2.", "", False),
        (Scope(area_path="1.", org_path="5."), "1.2.", "5.", True),
        (Scope(area_path="1.", org_path="5."), "2.", "5.", False),
    ],
)
def test_scope(scope: Scope, area: str, org: str, holds: bool) -> None:
    assert scope.covers(area_path=area, org_path=org) is holds
    assert person(Grant("a.b", scope)).may("a.b", area_path=area, org_path=org) is holds


@given(PATHS, PATHS)
def test_a_scope_covers_itself_and_all_below_and_nothing_beside(path: str, rest: str) -> None:
    assert Scope(area_path=path).covers(area_path=path + rest)
    if rest:
        assert not Scope(area_path=path + rest).covers(area_path=path)


def test_several_posts_add_up_but_scopes_do_not_mix() -> None:
    actor = person(
        Grant("see", Scope(area_path="1.")), Grant("see", Scope(area_path="2.")), Grant("do", Scope(area_path="2."))
    )
    assert actor.may("see", area_path="1.1.")
    assert actor.may("see", area_path="2.1.")
    assert not actor.may("do", area_path="1.1.")
    assert len(actor.scopes("see")) == 2
    assert actor.scopes("nothing") == ()


def test_refusals() -> None:
    with pytest.raises(NotSignedIn):
        public().require("a.b")
    with pytest.raises(NotPermitted) as refused:
        person(Grant("a.b", Scope(area_path="1."))).require("a.b", area_path="2.")
    assert refused.value.permission == "a.b"
    public(grants=(Grant("a.b", Scope()),)).require("a.b")
    person(Grant("a.b", Scope(area_path="1."))).require("a.b", area_path="1.3.")


def test_the_platform_itself_may_everything() -> None:
    for actor in (system(), importer("boston")):
        assert actor.may("any.thing", area_path="1.", org_path="2.")
        assert not actor.is_person


def test_changed_grants_forget_what_was_remembered() -> None:
    actor = person(Grant("a.b", Scope()))
    assert actor.may("a.b")
    assert not actor.with_grants([]).may("a.b")
