"""The harness itself: roll-back between tests, real commits in a clone, the weak role, refusal of Django's flush."""

import time
from types import SimpleNamespace

import httpx
import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone

import conftest
from tools import testdb


def _row(key):
    return Session.objects.create(session_key=key, session_data="", expire_date=timezone.now())


@pytest.mark.django_db
@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_starts_empty(turn):
    assert not Session.objects.exists()
    _row("a" * 32)


@pytest.mark.django_db
def test_the_site_runs_as_the_weak_role():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, rolsuper FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == ("yiwang_app", False)
        with pytest.raises(Exception, match=r"must be owner|permission denied"):
            cursor.execute("DROP TABLE django_session")


@pytest.mark.committed
def test_commits_are_seen_by_another_connection(committed):
    _row("b" * 32)
    with committed.connect() as other:
        assert other.execute("SELECT session_key FROM django_session").fetchall() == [("b" * 32,)]


@pytest.mark.committed
def test_committed_databases_are_not_shared(committed):
    assert not Session.objects.exists()
    assert connection.settings_dict["NAME"] == committed.name


def test_threads_have_connections_of_their_own(committed):
    def pid():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid(), current_database()")
            return cursor.fetchone()

    first, second, failed = committed.in_threads(pid, pid, lambda: 1 / 0)
    assert first[0] != second[0]
    assert first[1] == second[1] == committed.name
    assert isinstance(failed, ZeroDivisionError)


def test_clones_of_a_killed_run_are_dropped(test_databases):
    killed = testdb.TestDatabases(test_databases.server)
    left = killed.clone()
    assert left not in test_databases.drop_leftovers(), "its run is alive"
    killed.admin.close()  # as a kill would
    for _ in range(100):  # the server notices the lost connection a moment later; another worker may be quicker
        test_databases.drop_leftovers()
        if not test_databases.admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [left]).fetchone():
            return
        time.sleep(0.05)
    raise AssertionError("it is still there")


@pytest.mark.parametrize(
    ("fixtures", "marker"),
    [(["transactional_db"], None), (["live_server"], None), ([], pytest.mark.django_db(transaction=True).mark)],
)
def test_flush_is_refused_with_the_way_out(fixtures, marker):
    item = SimpleNamespace(fixturenames=fixtures, get_closest_marker=lambda name: marker)
    with pytest.raises(pytest.fail.Exception, match=r"pytest\.mark\.committed"):
        conftest.pytest_runtest_setup(item)


def test_a_live_site_answers(live_site):
    with httpx.Client(base_url=live_site) as http:
        assert http.get("/no-such-page/").status_code == 404


@pytest.mark.browser
def test_a_browser_opens_chinese_text(page):
    page.set_content("<h1>井盖</h1>")
    assert page.inner_text("h1") == "井盖"
