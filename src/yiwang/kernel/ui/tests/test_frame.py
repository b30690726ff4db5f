"""The doors of the frame: language, print size, colours, acting post, start page, menu, and the pages of refusal."""

import json
import re

import pytest
from django.test import Client, RequestFactory, override_settings

from yiwang.kernel.base import registry
from yiwang.kernel.base.actor import Actor, ActorKind, Grant, Scope
from yiwang.kernel.base.registry import AppManifest, MenuEntry, Permission
from yiwang.kernel.ui import demo, failures, shell
from yiwang.kernel.ui.parts.frame import rail


def _shell(*permissions: str, path: str = "/") -> shell.Shell:
    request = RequestFactory().get(path)
    grants = tuple(Grant(p, Scope()) for p in permissions)
    request.actor = Actor(kind=ActorKind.PERSON, name="王建国", grants=grants)
    return shell.Shell(request)


MANIFEST = AppManifest(
    code="sample", label="Sample", permissions=(Permission(code="sample.see", label="See"), Permission(code="sample.rule", label="Rule")),
    menu=(
        MenuEntry(label="Second", url_name="ui_components", permission="sample.see", order=20, icon="list"),
        MenuEntry(label="First", url_name="home", permission="sample.see", order=10),
        MenuEntry(label="Hidden", url_name="home", permission="sample.rule"),
        MenuEntry(label="Not built", url_name="sample:nowhere", permission="sample.see"),
    ),
)  # fmt: skip


def test_rail_shows_only_what_one_may_enter_and_what_exists():
    with registry.temporarily(MANIFEST):
        groups = {g.code: [e.label for e in g.entries] for g in _shell("sample.see").groups}
        assert groups == {"governance": ["First", "Second"]}
        assert _shell().groups == []


def _many(count: int) -> AppManifest:
    """An app with so many lines: half of them daily work, half judging, all on real pages."""
    lines = tuple(
        MenuEntry(label=f"Line {n}", url_name="ui_components" if n == count - 1 else "home", permission="sample.see", group=("work", "judging")[n % 2], order=n)
        for n in range(count)
    )  # fmt: skip
    return AppManifest(code="sample", label="Sample", permissions=(Permission(code="sample.see", label="See"),), menu=lines)


def test_many_lines_fold_into_groups_and_few_do_not():
    with registry.temporarily(_many(9)):
        (net,) = _shell("sample.see").groups
        assert [s.code for s in net.sections] == [""]
    with registry.temporarily(_many(12)):
        (net,) = _shell("sample.see").groups
        assert [(s.code, len(s.entries), s.is_open) for s in net.sections] == [("governance-work", 6, True), ("governance-judging", 6, False)]
        assert sorted(e.label for s in net.sections for e in s.entries) == sorted(e.label for e in net.entries), "nothing is lost in a group"


def test_a_group_is_open_where_one_stands_and_as_one_left_it():
    with registry.temporarily(_many(12)):
        below = _shell("sample.see", path="/ui/components/refuse/")
        assert [s.is_open for s in below.groups[0].sections] == [True, True], "the page below a line opens its group"
        left = _shell("sample.see", path="/elsewhere/")
        left.request.COOKIES[shell.RAIL_COOKIE] = "governance-work.0_governance-judging.1_<b>.1"
        assert [s.is_open for s in left.groups[0].sections] == [False, True]
        drawn = str(rail(left))
    assert drawn.count("<details") == 2
    assert '<details data-fold="governance-judging" open>' in drawn
    assert "<b>" not in drawn


def test_present_page_is_marked():
    with registry.temporarily(MANIFEST):
        entries = _shell("sample.see", path="/ui/components/").groups[0].entries
    assert [e.label for e in entries if e.current] == ["Second"]


def test_nobody_signed_in_has_no_rail_and_no_bell():
    request = RequestFactory().get("/")
    bare = shell.Shell(request)
    assert (bare.groups, bare.unread, bare.posts, bare.messages_url, bare.is_signed_in) == ([], 0, [], "", False)


def test_day_begins_at_the_desk_else_at_the_first_page():
    with registry.temporarily(MANIFEST):
        assert _shell("sample.see").desk_url == "/"  # "First"
        assert _shell().desk_url == ""
    assert _shell("city.desk.view").desk_url == "/city/desk/"


@pytest.mark.django_db
def test_pages_take_scripts_from_here_only(client):
    policy = client.get("/accounts/login/").headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    page = client.get("/accounts/login/").content.decode()
    assert all("src=" in tag or 'type="application/json"' in tag for tag in re.findall(r"<script[^>]*>", page))
    assert not re.search(r"\son\w+=", page), "no inline handlers"


@pytest.mark.django_db
def test_start_page_asks_to_sign_in(client):
    assert client.get("/").headers["Location"].startswith("/accounts/login/")


@pytest.mark.django_db
def test_language_is_kept_for_browser_and_account(bare_world):
    client = bare_world.client("dispatcher")
    answer = client.post("/ui/language/", {"language": "en", "next": "/accounts/login/"})
    assert answer.headers["Location"] == "/accounts/login/"
    assert answer.cookies["django_language"].value == "en"
    account = bare_world.people["dispatcher"].account
    account.refresh_from_db()
    assert account.language == "en"
    assert 'lang="en"' in client.get("/nothing/here/").content.decode()


@pytest.mark.django_db
def test_unknown_language_is_refused(client):
    answer = client.post("/ui/language/", {"language": "tlh"})
    assert answer.status_code == 422
    assert "django_language" not in answer.cookies


@pytest.mark.django_db
@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", ""])
def test_one_is_never_sent_to_another_site(client, target):
    assert client.post("/ui/theme/", {"theme": "dark", "next": target}).headers["Location"] == "/"


@pytest.mark.django_db
def test_large_print_and_colours_are_worn_by_the_next_page(bare_world):
    client = bare_world.client("citizen")
    client.post("/ui/large-print/", {"on": "1"})
    client.post("/ui/theme/", {"theme": "dark"})
    page = client.get("/nothing/here/").content.decode()
    assert 'data-theme="dark" data-print="large"' in page
    account = bare_world.people["citizen"].account
    account.refresh_from_db()
    assert account.large_print
    client.post("/ui/large-print/", {"on": "0"})
    client.post("/ui/theme/", {"theme": "as the device has it"})
    page = client.get("/nothing/here/").content.decode()
    assert "data-print" not in page
    assert "data-theme" not in page.split("<body")[0]


@pytest.mark.django_db
def test_acting_post_must_be_ones_own(bare_world):
    client, other = bare_world.client("dispatcher"), bare_world.people["leader"].post
    assert client.post("/ui/post/", {"post": str(other.uid)}).status_code in (403, 404, 409)
    assert client.post("/ui/post/", {"post": "x"}).status_code == 422
    assert "yw_post" not in client.session
    own = bare_world.people["dispatcher"].post
    assert client.post("/ui/post/", {"post": str(own.uid)}).status_code == 302
    assert client.session["yw_post"] == own.pk


@pytest.mark.django_db
def test_doors_that_change_something_take_only_post(client):
    for address in ("/ui/language/", "/ui/large-print/", "/ui/theme/", "/ui/post/"):
        assert client.get(address).status_code in (302, 401, 405), address


@pytest.mark.django_db
def test_style_page_is_for_development_only(client):
    for address in ("/ui/components/", "/ui/components/refuse/", "/ui/components/points.json"):
        assert client.get(address).status_code == 404, address


@pytest.mark.django_db
def test_map_base_knows_the_county(bare_world, client):
    from django.core.cache import cache

    cache.clear()
    body = client.get("/ui/map-base.json").json()
    assert [layer["id"] for layer in body["layers"]] == ["base-borders"]
    west, south, east, north = body["bounds"]
    assert west < east
    assert south < north


@pytest.mark.django_db
def test_missing_page_is_one_of_ours_with_a_number(client):
    answer = client.get("/nothing/here/")
    page = answer.content.decode()
    assert answer.status_code == 404
    assert answer.headers["X-Request-Id"] in page
    assert 'class="skip-link"' in page, "with the whole frame"


@pytest.mark.django_db
def test_missing_page_under_api_is_a_problem_document(client):
    answer = client.get("/api/v1/nothing/")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "base.not-found"


@pytest.mark.django_db
def test_htmx_gets_only_the_box(client):
    page = client.get("/nothing/here/", headers={"HX-Request": "true"}).content.decode()
    assert "data-problem" in page
    assert "<html" not in page


@pytest.mark.django_db
def test_stale_form_says_what_to_do():
    answer = Client(enforce_csrf_checks=True).post("/ui/theme/", {"theme": "dark"})
    assert answer.status_code == 403
    assert "页面停留时间过长" in answer.content.decode()


@pytest.mark.parametrize(("headers", "kind"), [({}, "page"), ({"Accept": "application/json"}, "json"), ({"HX-Request": "true"}, "part")])
def test_our_own_bug_says_nothing_about_the_inside(headers, kind):
    request = RequestFactory().get("/cases/1/", headers=headers)
    request.request_id, request.htmx = "0199-quote-me", kind == "part"
    answer = failures.failed(request)
    text = answer.content.decode()
    assert answer.status_code == 500
    assert "0199-quote-me" in text
    assert "Traceback" not in text
    if kind == "json":
        assert json.loads(text)["code"] == "base.failed"
    assert ("<html" in text) == (kind == "page")


def test_sample_accounts_are_shown_in_demonstrations_only(tmp_path):
    path = tmp_path / "sample.json"
    path.write_text(json.dumps({"accounts": [{"role": "leader", "username": "l", "password": "p"}, {"role": "inspector", "username": "i", "password": "p"}]}))
    with override_settings(DEMO=True, PRODUCTION=False):
        assert [a.username for a in demo.demo_accounts(path)] == ["i", "l"]
        assert demo.demo_accounts(tmp_path / "none.json") == []
    for off in ({"DEMO": False, "PRODUCTION": False}, {"DEMO": True, "PRODUCTION": True}):
        with override_settings(**off):
            assert demo.demo_accounts(path) == []


@pytest.mark.django_db
def test_sign_in_page_takes_an_account_and_refuses_a_wrong_password(bare_world, client):
    name = bare_world.people["dispatcher"].username
    refused = client.post("/accounts/login/", {"login": name, "password": "wrong-password-here"})
    assert refused.status_code == 200
    assert "登录未成功" in refused.content.decode()
    account = bare_world.people["dispatcher"].account
    account.set_password("right-password-here")
    account.save()
    assert client.post("/accounts/login/", {"login": name, "password": "right-password-here"}).status_code == 302
    assert "_auth_user_id" in client.session
