"""Pages of the city: who may enter, what they show, what they cost, what they refuse."""

import pytest
from django.urls import reverse

from tests import walk

PAGES = {
    "city:desk": ("inspector", "acceptor", "shift_leader", "dispatcher", "handler", "leader"),
    "city:intake": ("acceptor",),
    "city:inspector_report": ("inspector",),
    "city:hotline": ("acceptor",),
    "city:cases": ("acceptor", "shift_leader", "dispatcher", "handler", "leader"),
    "city:map": ("inspector", "acceptor", "leader"),
    "city:board": ("acceptor", "leader"),
    "city:supervised": ("shift_leader", "dispatcher", "leader"),
    "city:my_reports": ("citizen",),
}
PEOPLE = ("inspector", "acceptor", "shift_leader", "dispatcher", "district_dispatcher", "handler", "leader", "administrator", "citizen")


def test_each_page_opens_for_its_people_and_no_one_else(world):
    walk.advance(world, walk.report(world), "pending_handle")
    walk.report(world, at=(1, 1), photo="second")
    for name, people in PAGES.items():
        nobody = world.client().get(reverse(name))
        assert nobody.status_code == 302, name
        assert nobody["Location"].startswith("/accounts/login/"), name
        for key in people:
            answer = world.client(key).get(reverse(name))
            assert answer.status_code == 200, (name, key, answer.status_code)
            assert 'lang="zh-Hans"' in answer.content.decode(), (name, key)
        for key in {"citizen", "administrator"} - set(people):
            assert world.client(key).get(reverse(name)).status_code == 403, (name, key)


@pytest.mark.parametrize("to", walk.WAY)
def test_case_page_opens_at_every_stop_for_every_role(world, to):
    case = walk.advance(world, walk.report(world), to)
    for key in PEOPLE:
        answer = world.client(key).get(reverse("city:case", args=[case.uid]))
        concerned = key in ("inspector", "acceptor", "shift_leader", "dispatcher", "leader")
        if concerned:
            assert answer.status_code == 200, (key, to)
            page = answer.content.decode()
            assert case.title in page
            assert "%(" not in page, (key, to)
        elif key in ("administrator",):
            assert answer.status_code == 403, (key, to)
        else:
            assert answer.status_code == 404, (key, to)
