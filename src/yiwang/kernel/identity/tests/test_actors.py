"""From posts to rights: several posts, dates, subtrees, the acting post, delegation, keys of other systems."""

from datetime import timedelta

import pytest

from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import NotFound, NotSignedIn
from yiwang.kernel.identity import permits, queries, services
from yiwang.kernel.identity.models import Organization
from yiwang.kernel.identity.tests.conftest import SYSTEM, Town

DAY = timedelta(days=1)


def test_rights_of_several_posts_add_up_each_in_its_own_place(town: Town) -> None:
    anna = town.person("anna")
    first = town.holds(anna, "doer", "crew", area="east")
    second = town.holds(anna, "looker", "centre", area="west")
    actor = town.actor(anna)
    east, west = town.areas["east"].path, town.areas["west"].path
    assert actor.may("t.do", area_path=east)
    assert not actor.may("t.do", area_path=west)
    assert actor.may("t.see", area_path=west)
    assert not actor.may("t.see", area_path=town.areas["city"].path)
    assert actor.roles == {"doer", "looker"}
    assert actor.post_id == first.post_id  # the first, until he chooses
    assert town.actor(anna, post_id=second.post_id).org_id == town.orgs["centre"].pk
    # Choosing a post says in which he acts; it hides no work of the others.
    assert town.actor(anna, post_id=second.post_id).may("t.do", area_path=east)
    assert town.actor(anna, post_id=10**9).post_id == first.post_id


def test_organisation_scope_holds_below_it_only(town: Town) -> None:
    bert = town.person("bert")
    town.holds(bert, "doer", "bureau", org_scope="bureau")
    actor = town.actor(bert)
    assert actor.may("t.do", org_path=town.orgs["crew"].path)
    assert not actor.may("t.do", org_path=town.orgs["centre"].path)
    assert not actor.may("t.do")


@pytest.mark.parametrize(
    ("begins", "ends", "holds"),
    [(None, None, True), (-2, 1, True), (1, 2, False), (-2, -1, False), (None, 1, True), (1, None, False)],
)
def test_a_post_holds_between_its_dates(town: Town, begins: int | None, ends: int | None, holds: bool) -> None:
    anna = town.person("anna")
    town.holds(
        anna, "looker", "centre",
        valid_from=None if begins is None else now() + begins * DAY, valid_to=None if ends is None else now() + ends * DAY,
    )  # fmt: skip
    assert town.actor(anna).may_anywhere("t.see") is holds
    assert (anna in queries.holders(role="looker")) is holds
    assert queries.current_holdings(anna.pk, now() + 3 * DAY).exists() is (ends is None)


def test_a_closed_post_and_a_closed_account_give_nothing(town: Town) -> None:
    anna = town.person("anna")
    holding = town.holds(anna, "looker", "centre")
    holding.post.is_active = False
    holding.post.save()
    assert not town.actor(anna).may_anywhere("t.see")
    holding.post.is_active = True
    holding.post.save()
    services.set_active(SYSTEM, anna, False)
    assert anna not in queries.holders(role="looker")


def test_who_holds_a_role_for_a_place(town: Town) -> None:
    """The street's own people, and those above whose scope covers it; not the neighbours'."""
    people = {name: town.person(name) for name in ("all", "city", "east", "west")}
    town.holds(people["all"], "doer", "centre")
    for name in ("city", "east", "west"):
        town.holds(people[name], "doer", "centre", area=name)
    found = queries.holders(role="doer", area_path=town.areas["east"].path)
    assert {a.username for a in found} == {"all", "city", "east"}
    town.holds(town.person("crewman"), "doer", "crew", area="east")
    below = queries.holders(role="doer", org_path=town.orgs["bureau"].path)
    assert [a.username for a in below] == ["crewman"]


def test_visible_rows(town: Town) -> None:
    """`permits.visible` is the querysets' half of the same rule."""
    rows = Organization.objects.order_by("code")

    def seen(account: str, **more: object) -> list[str]:
        person = town.person(account)
        town.holds(person, "looker", "centre", **more)
        found = permits.visible(rows, town.actor(person), "t.see", area="area__path", org="path")
        return [o.code for o in found]

    assert seen("everywhere") == ["bureau", "centre", "crew", "eastoffice"]
    assert seen("east", area="east") == ["crew", "eastoffice"]
    assert seen("bureau", org_scope="bureau") == ["bureau", "crew"]
    assert seen("both", area="east", org_scope="bureau") == ["crew"]
    nobody = town.actor(town.person("nobody"))
    assert list(permits.visible(rows, nobody, "t.see", area="area__path", org="path")) == []
    # Rows without an organisation side: a scope bound to one gives nothing.
    bureau = town.actor(town.person("b2"))
    assert list(permits.visible(rows, bureau, "t.see", area="area__path", org="")) == []
    assert permits.visible(rows, SYSTEM, "t.see", area="area__path", org="path").count() == 4


def test_scopes_of_two_posts_are_united_not_crossed(town: Town) -> None:
    anna = town.person("anna")
    town.holds(anna, "looker", "centre", area="west")
    town.holds(anna, "looker", "bureau", area="east", org_scope="bureau")
    rows = permits.visible(Organization.objects.all(), town.actor(anna), "t.see", area="area__path", org="path")
    assert [o.code for o in rows] == ["crew"]


def test_a_key_opens_what_its_role_grants_in_its_area(town: Town) -> None:
    client, key = services.create_client(
        SYSTEM, code="weather", name="气象系统", role=town.roles["looker"], area=town.areas["east"]
    )
    actor = queries.actor_for_key(key)
    assert (actor.client_id, actor.name, actor.account_id) == (client.pk, "气象系统", None)
    assert actor.may("t.see", area_path=town.areas["east"].path)
    assert not actor.may("t.see", area_path=town.areas["west"].path)
    assert key not in client.key_hash
    services.set_client_active(SYSTEM, client, False)
    for wrong in (key, "", "x", key + "1"):
        with pytest.raises(NotSignedIn):
            queries.actor_for_key(wrong)


def test_one_says_what_is_missing(town: Town) -> None:
    with pytest.raises(NotFound) as refused:
        queries.one(Organization.objects.all(), code="nowhere")
    assert refused.value.what == "organization"
    assert queries.organization("crew") == town.orgs["crew"]
    assert queries.organization("nowhere") is None
