"""What a program of another system told beyond its words is seen on the case page; a link is never followed by us."""

import pytest

from tests.walk import report
from tests.world import World
from yiwang.kernel.cases.models import Report

pytestmark = pytest.mark.django_db


def page(world: World, **told: str) -> str:
    case = report(world)
    Report.all_modes.filter(case=case).update(data=told)
    return world.client("acceptor").get(f"/city/cases/{case.uid}/").content.decode()


def test_the_condition_and_the_link_are_shown(world: World) -> None:
    said = page(world, condition="C01001-01", condition_words="井盖缺失、移位", media_url="https://example.org/p.jpg?a=1&b=2")
    assert "井盖缺失、移位" in said
    assert "C01001-01" in said
    assert '<a href="https://example.org/p.jpg?a=1&amp;b=2" target="_blank" rel="noopener noreferrer nofollow external"' in said
    assert 'src="https://example.org' not in said, "our page must not fetch what a stranger named"


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "//example.org/x"])
def test_what_is_no_web_address_is_no_link(world: World, link: str) -> None:
    assert link not in page(world, media_url=link)


def test_what_was_told_is_text(world: World) -> None:
    said = page(world, condition_words="<b>bold</b>", media_url='https://example.org/"onclick="x')
    assert "<b>bold</b>" not in said
    assert '"onclick="' not in said


def test_the_rail_names_my_desk_once(world: World) -> None:
    said = world.client("acceptor").get("/city/cases/").content.decode()
    rail = said.split('<div class="yw-rail">', 1)[1].split("<main", 1)[0]
    assert rail.count(">我的工作台<") == 1
