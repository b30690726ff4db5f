"""The made world is whole: a point has its areas and grid, every role holds its permissions, the matter is loaded."""

from tests.world import CITY


def test_points_lie_where_they_should(bare_world):
    from yiwang.kernel.geography.errors import OutsideArea
    from yiwang.kernel.geography.queries import place

    facts = place(*bare_world.point())
    assert facts.unit_grid is not None
    assert facts.district is not None
    assert facts.district.id == bare_world.district.pk
    assert facts.responsibility_grid is not None
    assert facts.nearest_asset is not None
    assert facts.nearest_asset.code == bare_world.assets["cover"].code
    assert place(*bare_world.no_grid).no_grid
    try:
        place(*bare_world.outside)
    except OutsideArea:
        return
    raise AssertionError("a point far away was taken")


def test_people_hold_what_their_roles_grant(bare_world):
    assert bare_world.actor("shift_leader").may("city.task.file", area_path=bare_world.district.path)
    assert not bare_world.actor("acceptor").may_anywhere("city.task.file")
    handler, where = bare_world.actor("handler"), bare_world.district.path
    assert handler.may("city.task.handle", area_path=where, org_path=bare_world.orgs["wangchuan-sanitation"].path)
    assert not handler.may("city.task.handle", area_path=where, org_path=bare_world.orgs["company-water"].path)
    assert bare_world.handler_of("company-water").account == bare_world.account("handler2")
    assert bare_world.handler_of("crew-lamps") is bare_world.handler_of("crew-lamps")


def test_matter_is_loaded(world):
    from yiwang.kernel.cases.queries.matters import current_version

    assert current_version("city.problem") == world.matter
    assert world.city.code == CITY
