"""DATABASE_URL: a fitting server is prepared, any other is refused with what its administrator has to run."""

import pytest

from tools import ownserver, scratch
from tools.say import Stop


@pytest.fixture(scope="module")
def server():
    with scratch.scratch_cluster() as made, made.server.connect() as admin:
        admin.execute("CREATE ROLE plain LOGIN")
        for name, locale, owner in (
            ("fits", "C.UTF-8", "plain"),
            ("loses", "C", "postgres"),
            ("another", "C.UTF-8", "postgres"),
        ):
            admin.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE '{locale}' OWNER {owner}")
        yield made


def url(server, name, user="postgres"):
    return f"postgresql://{user}@/{name}?host={server.socket}&port=5432"


def test_a_plain_login_is_told_what_the_administrator_runs_and_then_works(server):
    with pytest.raises(Stop, match="does not hold the roles") as stop:
        ownserver.prepare(url(server, "fits", "plain"))
    assert "CREATE ROLE yiwang_owner" in stop.value.mend
    _, _, commands = stop.value.mend.partition(": ")
    with server.server.connect("fits") as admin:
        admin.execute(commands)
    ownserver.prepare(url(server, "fits", "plain"))
    ownserver.prepare(url(server, "fits", "plain"))  # safe to repeat


def test_an_administrator_prepares_by_himself(server):
    ownserver.prepare(url(server, "another"))
    with server.server.connect("another") as admin:
        assert admin.execute("SELECT count(*) FROM pg_extension WHERE extname = 'postgis'").fetchone() == (1,)


def test_a_locale_that_loses_chinese_is_refused(server):
    with pytest.raises(Stop, match="loses Chinese characters") as stop:
        ownserver.prepare(url(server, "loses"))
    assert "LOCALE 'C.UTF-8'" in stop.value.mend
    with server.server.connect("loses") as admin:
        assert admin.execute("SELECT count(*) FROM pg_extension WHERE extname = 'postgis'").fetchone() == (0,), (
            "untouched"
        )


def test_missing_postgis_is_refused(server, monkeypatch):
    monkeypatch.setattr("tools.database.EXTENSIONS", ("postgis_of_tomorrow",))
    with pytest.raises(Stop, match="lacks the extension postgis_of_tomorrow") as stop:
        ownserver.prepare(url(server, "another"))
    assert "apt-get install" in stop.value.mend


@pytest.mark.parametrize("wrong", ["postgresql://nobody@127.0.0.1:1/x", "not a url", "postgresql://"])
def test_an_address_that_leads_nowhere(wrong):
    with pytest.raises(Stop, match="leads to no database") as stop:
        ownserver.prepare(wrong)
    assert "postgresql://user:password@host" in stop.value.mend
