"""`yiwang check --deploy`: every unsafe setting is refused by its own number, with a sentence and a mend; a sound one by none."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.utils import timezone

from yiwang.kernel.base import deploy_checks
from yiwang.kernel.ui import deploy_checks as room_checks

KEYS = {name: f"{name}-" + "k9Xw3Lp0Zt7Qa5Vb1Nc8Md2Rf6Hg4Js" * 2 for name in deploy_checks.KEYS}


@pytest.fixture
def sound(settings: Any, tmp_path: Path, db: None) -> Any:
    """Settings as they should be, on a folder and a database with nothing wrong."""
    data = tmp_path / "data"
    for folder in (data, data / "secrets", data / "files", data / "static"):
        folder.mkdir(mode=0o700)
    more = {
        "PRODUCTION": True, "DEBUG": False, "DEMO": False, "ALLOWED_HOSTS": ["yiwang.example"], "DATA_DIR": data,
        "CSRF_TRUSTED_ORIGINS": ["https://yiwang.example"], "SESSION_COOKIE_SECURE": True, "CSRF_COOKIE_SECURE": True,
        "LANGUAGE_COOKIE_SECURE": True, "SESSION_COOKIE_NAME": "__Host-sessionid", "CSRF_COOKIE_NAME": "__Host-csrftoken",
        "SECURE_HSTS_SECONDS": 365 * 86400, "SECURE_HSTS_INCLUDE_SUBDOMAINS": True, "SECURE_SSL_REDIRECT": True,
        "TRUSTED_PROXIES": ("127.0.0.1",), "OUTGOING_ALLOW": ("10.20.0.0/16", "sms.example"), "RATE_LIMITS": {"search": (600, 60)},
        "CLAMD": "/run/clamd.sock", "SCANNER_DOWN": "refuse", "FILES_DIR": data / "files", "STATIC_ROOT": data / "static",
        "SECOND_FACTOR_ROLES": ("administrator", "security_administrator", "audit_administrator"),
        "BACKUP_RECIPIENTS": ["age1example"], "BACKUP_IDENTITY": "", **KEYS,
    }  # fmt: skip
    for name, value in more.items():
        setattr(settings, name, value)
    from tests.world import install_roles
    from yiwang.kernel.backup.models import Kind, Run, State

    install_roles()
    Run.objects.create(kind=Kind.FULL, state=State.GOOD, started_at=timezone.now(), finished_at=timezone.now(), backup="b")
    return settings


def found() -> dict[str, Any]:
    """Return what the checks find; async.E001 is of a browser of the tests themselves, for as long as it runs in this worker (conftest.py)."""
    return {m.id: m for m in run_checks(include_deployment_checks=True) if m.id != "async.E001"}


def test_a_sound_installation_has_nothing_to_mend(sound: Any) -> None:
    assert {i: m.msg for i, m in found().items() if i not in sound.SILENCED_SYSTEM_CHECKS and not m.is_silenced()} == {}


def write(path: Path, mode: int) -> None:
    path.write_text("x")
    path.chmod(mode)


def readable(settings: Any) -> None:
    """Make a key readable for others, on a way that others may go."""
    data = Path(settings.DATA_DIR)
    write(data / "secrets" / "yiwang_seal_key", 0o644)
    for path in (data / "secrets", data, *data.parents):
        if path == Path("/"):
            break
        if os.stat(path).st_uid == os.geteuid():
            path.chmod(os.stat(path).st_mode | 0o011)


def old_backup(settings: Any) -> None:
    from yiwang.kernel.backup.models import Run

    Run.objects.update(started_at=timezone.now() - timedelta(days=5))


def no_backup(settings: Any) -> None:
    from yiwang.kernel.backup.models import Run

    Run.objects.all().delete()


def sample_person(settings: Any) -> None:
    from yiwang.kernel.identity.models import Account

    Account.objects.create(username="sample", is_sample=True)


def lonely_seal(settings: Any) -> None:
    from yiwang.kernel.audit.models import Seal

    nothing = b"\0" * 32
    Seal.objects.create(stream="event", number=1, after_position=0, upto_position=1, count=1, total=1, leaves=nothing, root=nothing,
                        previous=nothing, sealed_at=timezone.now(), hash=nothing, mac=nothing)  # fmt: skip


def put(**values: Any) -> Callable[[Any], None]:
    def change(settings: Any) -> None:
        for name, value in values.items():
            setattr(settings, name, value)

    return change


UNSAFE: list[tuple[str, Callable[[Any], None]]] = [
    ("E001", put(PRODUCTION=False)), ("E002", put(DEBUG=True)), ("E003", put(DEMO=True)), ("E004", put(ALLOWED_HOSTS=["*"])),
    ("E004", put(ALLOWED_HOSTS=[".example"])), ("E005", put(ALLOWED_HOSTS=["localhost", "127.0.0.1"])),
    ("E006", put(CSRF_TRUSTED_ORIGINS=["http://yiwang.example"])), ("E006", put(CSRF_TRUSTED_ORIGINS=["https://*.example"])),
    ("E007", put(SEAL_KEY="development-only-seal-key-" + "0" * 32)), ("E008", put(FIELD_KEY="short")), ("E008", put(FIELD_KEY="ab" * 40)),
    ("E009", put(SEAL_KEY=KEYS["FIELD_KEY"])), ("E010", put(SESSION_COOKIE_SECURE=False)), ("E010", put(CSRF_COOKIE_NAME="csrftoken")),
    ("E010", put(SESSION_COOKIE_SAMESITE="None")), ("E011", put(SECURE_HSTS_SECONDS=0)), ("E011", put(SECURE_SSL_REDIRECT=False)),
    ("E012", put(TRUSTED_PROXIES=("nginx",))), ("E013", put(TRUSTED_PROXIES=("0.0.0.0/0",))), ("E014", put(OUTGOING_ALLOW=("0.0.0.0/0",))),
    ("E015", put(RATE_LIMITS={"*": (0, 0)})), ("W001", put(CLAMD="")), ("E016", put(SCANNER_DOWN="ignore")), ("E017", readable),
    ("E018", lambda s: put(FILES_DIR=Path(s.STATIC_ROOT) / "files")(s)), ("E019", lambda s: write(Path(s.DATA_DIR) / "sample.json", 0o600)),
    ("E030", sample_person), ("E031", put(SECOND_FACTOR_ROLES=())), ("E032", lonely_seal), ("E033", no_backup), ("E034", old_backup),
    ("E035", put(BACKUP_RECIPIENTS=[])),
]  # fmt: skip


@pytest.mark.parametrize(("number", "change"), UNSAFE, ids=[f"{n}-{i}" for i, (n, _c) in enumerate(UNSAFE)])
def test_what_is_unsafe_is_refused_with_its_mend(sound: Any, number: str, change: Callable[[Any], None]) -> None:
    change(sound)
    message = found().get(f"yiwang.{number}")
    assert message is not None, sorted(found())
    assert len(str(message.msg)) > 8
    assert len(str(message.hint)) > 4
    assert message.is_serious() is number.startswith("E")
    assert any("\u4e00" <= c <= "\u9fff" for c in str(message.msg) + str(message.hint)), "in the installation's language"


@pytest.mark.committed
def test_a_superuser_and_the_owner_are_refused(committed: Any) -> None:
    """As the command line is called, with the database's own roles."""
    found = {}
    for role, user in (("app", "postgres"), ("owner", "yiwang_owner")):
        url = f"postgresql://{user}@/{committed.name}?host={committed.server.host}&port={committed.server.port}"
        done = subprocess.run(
            [sys.executable, "-m", "yiwang", "check", "--deploy"], env={**committed.env(), "DATABASE_URL": url, "YIWANG_DB_ROLE": role},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 1, done.stdout + done.stderr
        found[user] = done.stderr
    assert "yiwang.E021" in found["postgres"]
    assert "yiwang.E022" not in found["postgres"], "for it works as yiwang_app"
    assert "yiwang.E022" in found["yiwang_owner"]
    assert "yiwang.E021" not in found["yiwang_owner"]
    assert "yiwang.E001" in found["yiwang_owner"], "and it is no production"


def test_every_check_is_known_to_the_table() -> None:
    source = Path(deploy_checks.__file__).read_text() + Path(room_checks.__file__).read_text()
    import re

    numbers = {("E" if kind == "error" else "W") + f"{int(n):03d}" for kind, n in re.findall(r"(error|warning)\((\d+),", source)}
    assert numbers - {n for n, _change in UNSAFE} == {"E020", "E021", "E022"}, "those that ask the database"
