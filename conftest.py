"""The test harness: databases cloned from a template, tests that commit, a live site and a browser.

- An ordinary database test (`@pytest.mark.django_db`) runs in a transaction that is rolled back, as role `yiwang_app`.
- A test that needs real commits (threads, killed processes, the relay, another connection) says
  `@pytest.mark.committed`, or asks for the fixture `committed`: it gets a database of its own, dropped afterwards.
- A browser test asks for `live_site` (address of a running server on a committed database) and `page` (Playwright).

The server is named by YIWANG_PG_HOST and YIWANG_PG_PORT; `./dev test` starts one and sets them.
"""

from __future__ import annotations

import gc
import os
import pickle
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

HINT_COMMITTED = (
    "Django's flush cannot empty append-only tables, so transactional_db, live_server and "
    "django_db(transaction=True) are not used here. Mark the test `@pytest.mark.committed` (its own cloned database), "
    "or ask for the fixture `live_site`."
)
REFUSED_FIXTURES = ("transactional_db", "live_server", "django_db_reset_sequences", "django_db_serialized_rollback")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("filterwarnings", "ignore:No directory at:UserWarning")
    if not hasattr(config, "workerinput"):  # xdist's controller does it once for its workers
        from tools import messages

        if messages.compile_all():
            import gettext

            from django.utils.translation import trans_real

            gettext._translations.clear()  # type: ignore[attr-defined]  # Django's start has read the old catalogues
            trans_real._translations.clear()  # type: ignore[attr-defined]
            trans_real._default = None  # type: ignore[attr-defined]


SLOW_FIRST = ("tests/upgrade/", "tests/chaos/", "tests/sample/", "tests/journeys/", "tools/tests/", "tests/backup/", "tests/security/", "tests/exchange/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, so that no worker sits over it alone when all else is done; within a folder the order stays."""

    def place(item: pytest.Item) -> int:
        return next((n for n, folder in enumerate(SLOW_FIRST) if item.nodeid.startswith(folder)), len(SLOW_FIRST))

    items.sort(key=place)


def pytest_collection_finish() -> None:
    """What was imported and collected stays until the end: the collector of garbage need not walk through it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def pytest_unconfigure() -> None:
    gc.unfreeze()  # libraries that count their objects at the end would call what is frozen a leak


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    marker = item.get_closest_marker("django_db")
    if (marker and (marker.kwargs.get("transaction") or marker.args)) or any(
        name in getattr(item, "fixturenames", ()) for name in REFUSED_FIXTURES
    ):
        pytest.fail(HINT_COMMITTED, pytrace=False)


@pytest.fixture(scope="session", autouse=True)
def _test_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep what tests write away from real data, and make signing in cheap (scrypt costs 50 ms each)."""
    from django.conf import settings

    settings.FILES_DIR = tmp_path_factory.mktemp("files")
    settings.DATA_DIR = tmp_path_factory.mktemp("data")  # one for each process: no seal of another's database lies there
    settings.BACKUP_STORE = str(settings.DATA_DIR / "backups")  # beside the data, as where nothing else is said
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    options: Any = settings.DATABASES["default"]["OPTIONS"]
    options.pop("pool", None)


@pytest.fixture(autouse=True)
def _usual_language() -> None:
    """Begin in the installation's language: a request of an earlier test may have left its own."""
    from django.utils import translation

    translation.deactivate()


def _forget_seals() -> None:
    """Take away the copy of seals that went with the database: the next test's record is another one."""
    from django.conf import settings

    shutil.rmtree(Path(settings.DATA_DIR) / "seals", ignore_errors=True)


def _point_at(name: str) -> None:
    """Make every thread's next connection go to this database."""
    from django.conf import settings
    from django.db import connections

    connections.close_all()
    settings.DATABASES["default"]["NAME"] = name
    connections.settings["default"]["NAME"] = name  # the wrappers of all threads share this dict
    connections["default"].settings_dict["NAME"] = name


@pytest.fixture(scope="session")
def test_databases() -> Iterator[Any]:
    """The maker of clones of this process."""
    import psycopg
    from django.conf import settings

    from tools.database import Server
    from tools.testdb import TestDatabases

    config = settings.DATABASES["default"]
    server = Server(str(config["HOST"]), str(config["PORT"]), os.environ.get("PGUSER", "postgres"))
    try:
        made = TestDatabases(server)
    except psycopg.OperationalError as error:
        pytest.fail(
            f"No PostgreSQL at {server.host} port {server.port} ({str(error).strip()}). Run ./dev test, which starts "
            "one, or set YIWANG_PG_HOST and YIWANG_PG_PORT to a server for tests.", pytrace=False,
        )  # fmt: skip
    yield made
    made.close()


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: Any, test_databases: Any) -> Iterator[None]:
    """Give this process its clone, in place of Django's test database."""
    with test_databases.cloned() as name:
        with django_db_blocker.unblock():
            _point_at(name)
        yield
        with django_db_blocker.unblock():
            from django.db import connections

            connections.close_all()


@pytest.fixture
def _django_db_helper(request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Run the test in a transaction that is rolled back; with `committed`, in its own database instead."""
    if _is_committed(request):
        request.getfixturevalue("committed")
        yield
        return
    from django.test import TestCase, TransactionTestCase

    made_here = "world" in request.fixturenames and "made" not in request.fixturenames  # `made` is a folder's own world
    if made_here:
        request.getfixturevalue("world_database").enter()

    class Rollback(TestCase):
        @classmethod
        def setUpClass(cls) -> None:
            super(TestCase, cls).setUpClass()

        @classmethod
        def tearDownClass(cls) -> None:
            super(TestCase, cls).tearDownClass()

        def runTest(self) -> None: ...

    assert issubclass(Rollback, TransactionTestCase)
    with django_db_blocker.unblock():
        Rollback.setUpClass()
        case: Any = Rollback()
        if not getattr(Rollback, "_pre_setup_ran_eagerly", False):
            case._pre_setup()
        yield
        case._post_teardown()
        _forget_seals()
        Rollback.tearDownClass()
        Rollback.doClassCleanups()
        if made_here:
            request.getfixturevalue("world_database").leave()


class MadeWorlds:
    """Databases that hold a made world (tests/world.py), each built once a process and never opened again: others are cloned from it."""

    def __init__(self, databases: Any, blocker: Any) -> None:
        self.databases, self.blocker = databases, blocker
        self.made: dict[tuple[tuple[str, Any], ...], tuple[str, bytes]] = {}

    def named(self, **how: Any) -> tuple[str, bytes]:
        """Return the name of the database whose world was built so, and that world, pickled."""
        key = tuple(sorted(how.items()))
        if key not in self.made:
            self.made[key] = self._make(how)
        return self.made[key]

    def _make(self, how: dict[str, Any]) -> tuple[str, bytes]:
        from django.conf import settings

        from tests.world import build, forget

        home = str(settings.DATABASES["default"]["NAME"])
        name: str = self.databases.clone()
        with self.blocker.unblock():
            _point_at(name)
            try:
                return name, pickle.dumps(build(**how))
            finally:
                _forget_seals()
                _point_at(home)
                forget()

    def close(self) -> None:
        for name, _world in self.made.values():
            self.databases.drop(name)


@pytest.fixture(scope="session")
def made_worlds(django_db_setup: None, django_db_blocker: Any, test_databases: Any) -> Iterator[MadeWorlds]:
    worlds = MadeWorlds(test_databases, django_db_blocker)
    yield worlds
    worlds.close()


class WorldDatabase:
    """A clone of the made world's database: tests that ask for `world` roll back here."""

    def __init__(self, worlds: MadeWorlds) -> None:
        self.worlds, self.databases, self.blocker = worlds, worlds.databases, worlds.blocker
        self.name, self.home, self.kept = "", "", b""

    def enter(self) -> None:
        """Go to the world's database; what rooms keep by id belongs to another one and is forgotten."""
        from django.conf import settings

        from tests.world import forget

        self.home = str(settings.DATABASES["default"]["NAME"])
        if not self.name:
            template, self.kept = self.worlds.named()
            self.name = self.databases.clone(template)
        with self.blocker.unblock():
            _point_at(self.name)
            forget()

    def leave(self) -> None:
        from tests.world import forget

        with self.blocker.unblock():
            _point_at(self.home)
            forget()


@pytest.fixture(scope="session")
def world_database(made_worlds: MadeWorlds, django_db_blocker: Any, test_databases: Any) -> Iterator[WorldDatabase]:
    made = WorldDatabase(made_worlds)
    yield made
    if made.name:
        from django.db import connections

        with django_db_blocker.unblock():
            connections.close_all()
        test_databases.drop(made.name)


def _is_committed(request: pytest.FixtureRequest) -> bool:
    names = set(request.fixturenames)
    return bool(request.node.get_closest_marker("committed")) or bool(names & {"committed", "live_site"})


@pytest.fixture(autouse=True)
def _committed_marker(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("committed"):
        request.getfixturevalue("committed")


@dataclass
class CommittedDatabase:
    """The database of one committing test."""

    name: str
    server: Any
    kept: bytes = b""  # the made world that was cloned into it, pickled

    def connect(self, user: str = "yiwang_app") -> Any:
        """Open a psycopg connection of its own, as the app unless told (`yiwang_owner`, `postgres`)."""
        import psycopg

        return psycopg.connect(host=self.server.host, port=self.server.port, user=user, dbname=self.name)

    def world(self) -> Any:
        """Return the world that was cloned into this database."""
        return pickle.loads(self.kept)  # noqa: S301  # our own, of this process

    def env(self) -> dict[str, str]:
        """Return the environment that points a subprocess (`python -m yiwang ...`) at this database."""
        from django.conf import settings

        from tools.database import python_env

        return {
            **os.environ, **python_env(), "YIWANG_PG_HOST": self.server.host, "YIWANG_PG_PORT": self.server.port,
            "YIWANG_PG_NAME": self.name, "YIWANG_FILES_DIR": str(settings.FILES_DIR), "DATABASE_URL": "",
        }  # fmt: skip

    def in_threads(self, *calls: Callable[[], object]) -> list[object]:
        """Run the calls at the same instant, each in a thread and connection of its own.

        Returns their results in order; an exception is a result, so that a test can say who lost.
        """
        from django.db import connections

        start = threading.Barrier(len(calls))
        results: list[object] = [None] * len(calls)

        def run(index: int, call: Callable[[], object]) -> None:
            try:
                start.wait(timeout=30)
                results[index] = call()
            except Exception as error:
                results[index] = error
            finally:
                connections.close_all()

        threads = [threading.Thread(target=run, args=pair, daemon=True) for pair in enumerate(calls)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
            assert not thread.is_alive(), "a thread hangs: most likely two transactions wait for each other"
        return results


# What stands in the database of a committing test that asks for it: how tests/world.py builds it.
COMMITTED_WORLDS: dict[str, dict[str, Any]] = {"committed_world": {}, "committed_bare_world": {"matter": False, "two_level": False}}


@pytest.fixture
def committed(request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any, test_databases: Any) -> Iterator[CommittedDatabase]:
    """A database of this test alone, where commits are real; with the made world in it for who asks for `committed_world`."""
    from django.conf import settings
    from django.db import connections

    from tests.world import forget

    session_name = str(settings.DATABASES["default"]["NAME"])
    wanted = next((how for name, how in COMMITTED_WORLDS.items() if name in request.fixturenames), None)
    template, kept = request.getfixturevalue("made_worlds").named(**wanted) if wanted is not None else ("", b"")
    with test_databases.cloned(template) as name, django_db_blocker.unblock():
        _point_at(name)
        if kept:
            forget()
        try:
            yield CommittedDatabase(name, test_databases.server, kept)
        finally:
            connections.close_all()
            _forget_seals()
            _point_at(session_name)
            if kept:
                forget()


@pytest.fixture
def committed_world(committed: CommittedDatabase) -> Any:
    """The made world, committed: cloned, which takes a tenth of building it."""
    return committed.world()


@pytest.fixture
def committed_bare_world(committed: CommittedDatabase) -> Any:
    """Areas, bodies and people of one level alone, committed."""
    return committed.world()


@pytest.fixture
def around_site() -> Callable[[Any], Any]:
    """What stands between the browser and the site: nothing. A test that needs a bad line or another server puts it here."""
    return lambda application: application


@pytest.fixture
def live_site(committed: CommittedDatabase, around_site: Callable[[Any], Any]) -> Iterator[str]:
    """Address of the running site on a committed database, e.g. `http://127.0.0.1:38211`."""
    from django.contrib.staticfiles.handlers import StaticFilesHandler
    from django.core.servers.basehttp import ThreadedWSGIServer
    from django.core.wsgi import get_wsgi_application
    from django.test.testcases import QuietWSGIRequestHandler

    server = ThreadedWSGIServer(("127.0.0.1", 0), QuietWSGIRequestHandler)
    server.set_app(around_site(StaticFilesHandler(get_wsgi_application())))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Debian's Chromium, headless, driven by Playwright."""
    from tests.support import browsers

    executable = browsers.executable()
    if not executable:
        if os.environ.get("YIWANG_REQUIRE_BROWSER"):
            pytest.fail("Chromium is missing: apt-get install chromium fonts-noto-cjk")
        pytest.skip("Chromium is missing: apt-get install chromium fonts-noto-cjk")
    from playwright.sync_api import sync_playwright

    # Playwright's sync API runs an event loop in this thread; our own ORM calls beside it are plain and ordered.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox"] if os.geteuid() == 0 else []
        )
        yield launched
        launched.close()


@pytest.fixture
def browser_context(browser: Any) -> Iterator[Callable[..., Any]]:
    """Make contexts (one per person): `browser_context(phone=True)`.

    Every error of a page's scripts fails the test, and whatever the browser refuses by our content security policy.
    """
    made, errors = [], []

    def heard(message: Any) -> None:
        if any(words in message.text for words in ("Content Security Policy", "Permissions-Policy", "Permissions policy")):
            errors.append(f"{message.location.get('url', '')}: {message.text}")

    def make(*, phone: bool = False, locale: str = "zh-CN", **options: Any) -> Any:
        size = {"width": 390, "height": 844} if phone else {"width": 1366, "height": 900}
        context = browser.new_context(
            viewport=size, locale=locale, timezone_id="Asia/Shanghai", is_mobile=phone, has_touch=phone, **options
        )
        context.set_default_timeout(15000)
        context.on("weberror", lambda error: errors.append(str(error.error)))
        context.on("console", heard)
        made.append(context)
        return context

    yield make
    for context in made:
        context.close()
    assert not errors, f"scripts of the page failed: {errors}"


@pytest.fixture
def page(browser_context: Callable[..., Any]) -> Any:
    """A desktop page in Chinese."""
    return browser_context().new_page()


@pytest.fixture
def phone_page(browser_context: Callable[..., Any]) -> Any:
    """A page of phone width in Chinese."""
    return browser_context(phone=True).new_page()


@pytest.fixture(scope="session")
def repo_dir() -> Path:
    """The checkout."""
    return Path(__file__).resolve().parent
