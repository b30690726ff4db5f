"""What is shipped for running the platform: names that the settings know, units that systemd takes, one list of processes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
NAME = re.compile(r"\bYIWANG_[A-Z0-9_]+\b")
PASSWORDS = {"YIWANG_DB_PASSWORD", "YIWANG_DB_OWNER_PASSWORD", "YIWANG_DB_ADMIN_PASSWORD"}
SHELL_ONLY = PASSWORDS | {"YIWANG_HOME", "YIWANG_ENV_FILE", "YIWANG_PYTHON"}  # read by Compose and by our shell scripts
PROCESSES = {"web", "live", "worker", "relay", "sealer"}


def read_by_the_platform() -> set[str]:
    """Return every setting's name that code reads."""
    found: set[str] = set()
    for file in [*(ROOT / "src/yiwang").rglob("*.py"), *(ROOT / "tools").glob("*.py")]:
        if "/tests/" not in str(file):
            found |= set(NAME.findall(file.read_text(encoding="utf-8")))
    return found


FILES = [p for p in DEPLOY.rglob("*") if p.is_file() and "secrets" not in p.parts and p.suffix != ".pyc"]
DOCS = [ROOT / "docs/how-to" / f"{n}.md" for n in ("deploy", "profile", "size-a-machine", "install-offline")] + sorted((ROOT / "docs/runbook").glob("*.md"))


@pytest.mark.parametrize("file", [*FILES, *DOCS], ids=[str(p.relative_to(ROOT)) for p in [*FILES, *DOCS]])
def test_every_setting_that_is_named_is_read(file: Path) -> None:
    unknown = set(NAME.findall(file.read_text(encoding="utf-8"))) - read_by_the_platform() - SHELL_ONLY
    assert not unknown, f"{file.name} names {sorted(unknown)}, which nothing reads"


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return dict(yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8")))


def test_compose_runs_what_dev_runs(compose: dict[str, Any]) -> None:
    from tools.services import services

    wanted = {str(s["name"]): s for s in services(8000, 8001)}
    assert set(wanted) == PROCESSES == set(compose["services"]) - {"db", "tables"}
    for name, service in wanted.items():
        there = compose["services"][name]
        assert there["environment"]["YIWANG_PROCESS"] == name
        target = [str(a) for a in service["command"]][-1]  # type: ignore[attr-defined]
        assert there["command"][-1] == target
        assert there["read_only"] is True
        assert there["cap_drop"] == ["ALL"]


def test_compose_knows_every_secret(compose: dict[str, Any]) -> None:
    """Each secret that production needs is mounted, made by make-secrets, and names a file that the settings read."""
    from tools.services import SECRETS

    needed = {name.lower() for name in SECRETS} | {"yiwang_metrics_token"}
    assert set(compose["secrets"]) == needed
    assert set(compose["services"]["web"]["secrets"]) == needed
    made = re.search(r"for name in (.*); do", (DEPLOY / "make-secrets").read_text(encoding="utf-8"))
    assert made
    assert set(made[1].split()) == needed
    settings = (ROOT / "src/yiwang/site/settings.py").read_text(encoding="utf-8")
    assert {n for n in needed if f'_secret("{n.upper()}"' not in settings} == set()


def test_compose_keeps_the_database_inside(compose: dict[str, Any]) -> None:
    assert "ports" not in compose["services"]["db"]
    assert compose["networks"]["inside"]["internal"] is True
    for service in compose["services"].values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))


def test_compose_signs_nobody_in_as_superuser(compose: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """What `check --deploy` would refuse as E021 and E022: each process as `yiwang_app`, the tables alone as their owner."""
    from yiwang.site.settings import _database

    def filled(text: str) -> str:
        return re.sub(r"\$\{(\w+)[^}]*\}", lambda found: f"secret-of-{found[1]}", text)

    given = {line.partition("=")[0] for line in (DEPLOY / "env.example").read_text(encoding="utf-8").splitlines() if line[:1].isalpha()}
    assert given >= PASSWORDS
    for name in PROCESSES | {"tables"}:
        environment = compose["services"][name]["environment"]
        monkeypatch.setenv("DATABASE_URL", filled(environment["DATABASE_URL"]))
        monkeypatch.delenv("YIWANG_DB_ROLE", raising=False)
        config: Any = _database()
        assert (config["USER"], config["PASSWORD"], config["HOST"], config["NAME"]) == ("yiwang_app", "secret-of-YIWANG_DB_PASSWORD", "db", "yiwang")
        assert "-c role=yiwang_app" in config["OPTIONS"]["options"]
        assert ("OWNER_URL" in environment) is (name == "tables")
        assert not any("ADMIN_PASSWORD" in str(value) for value in environment.values()), f"{name} knows the superuser's password"
    tables = compose["services"]["tables"]
    assert filled(tables["environment"]["OWNER_URL"]).startswith("postgresql://yiwang_owner:secret-of-YIWANG_DB_OWNER_PASSWORD@db:")
    steps = tables["command"][2].strip().splitlines()
    assert [line for line in steps if "migrate" in line] == ['DATABASE_URL="$$OWNER_URL" YIWANG_DB_ROLE=owner python3 -m yiwang migrate --no-input']
    assert "python3 -m yiwang setup" in steps, "as the app"


def test_composes_database_makes_the_roles(compose: dict[str, Any]) -> None:
    from tools.database import APP, EXTENSIONS, OWNER

    db = compose["services"]["db"]
    source, target, mode = next(v for v in db["volumes"] if "initdb.d" in v).split(":")
    assert (target.startswith("/docker-entrypoint-initdb.d/"), mode) == (True, "ro")
    script = (DEPLOY / source).read_text(encoding="utf-8")
    for role, secret in ((OWNER, "YIWANG_DB_OWNER_PASSWORD"), (APP, "YIWANG_DB_PASSWORD")):
        variable = re.search(rf"\\getenv (\w+) {secret}\n", script)
        assert variable, "no password stands on a command line"
        assert re.search(rf"ALTER ROLE {role} WITH LOGIN NOSUPERUSER .*PASSWORD :'{variable[1]}';", script)
        assert secret in db["environment"]
    assert f"GRANT {APP} TO {OWNER}" in script
    assert f"GRANT {OWNER} TO" not in script
    assert set(re.findall(r"CREATE EXTENSION IF NOT EXISTS (\w+)", script)) == set(EXTENSIONS)
    assert db["environment"]["POSTGRES_USER"] not in (OWNER, APP)
    subprocess.run(["sh", "-n", str(DEPLOY / source)], check=True)


def test_make_secrets_makes_each_once(tmp_path: Path) -> None:
    shutil.copy(DEPLOY / "make-secrets", tmp_path / "make-secrets")
    subprocess.run(["sh", "make-secrets"], cwd=tmp_path, check=True, capture_output=True)
    made = {p.name: p.read_text() for p in (tmp_path / "secrets").iterdir()}
    assert len(made) == 5
    assert min(len(v) for v in made.values()) >= 60
    assert len(set(made.values())) == 5
    subprocess.run(["sh", "make-secrets"], cwd=tmp_path, check=True, capture_output=True)
    assert {p.name: p.read_text() for p in (tmp_path / "secrets").iterdir()} == made


UNITS = [*sorted(DEPLOY.glob("systemd/*.service")), DEPLOY / "systemd/yiwang.target"]


def test_units_run_what_dev_runs() -> None:
    from tools.services import services

    assert {u.name.removeprefix("yiwang-").removesuffix(".service").removesuffix("@") for u in UNITS if u.suffix == ".service"} == PROCESSES
    for service in services(8000, 8001):
        unit = next(u for u in UNITS if re.fullmatch(f"yiwang-{service['name']}@?.service", u.name)).read_text(encoding="utf-8")
        for word in [str(a) for a in service["command"]][3:]:  # type: ignore[attr-defined]
            assert word in unit, f"{service['name']}: {word}"
        assert f"YIWANG_PROCESS={service['name']}\n" in unit


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The units as they would lie on a machine, with programs that exist here."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not here (Debian: apt-get install systemd)")
    folder = tmp_path_factory.mktemp("units")
    home = tmp_path_factory.mktemp("opt")
    (home / ".venv/bin").mkdir(parents=True)
    for name in ("python", "granian"):
        (home / ".venv/bin" / name).symlink_to("/bin/true")
    for file in (DEPLOY / "systemd").rglob("*"):
        if file.is_file() and file.suffix != ".example":
            there = folder / file.relative_to(DEPLOY / "systemd")
            there.parent.mkdir(exist_ok=True)
            there.write_text(file.read_text(encoding="utf-8").replace("/opt/yiwang", str(home)), encoding="utf-8")
    return folder


def test_systemd_takes_the_units(machine: Path) -> None:
    units = [str(u) for u in sorted(machine.glob("*.service")) if "@" not in u.name] + [str(machine / "yiwang.target")]
    (machine / "yiwang-worker@1.service").write_text((machine / "yiwang-worker@.service").read_text())
    units.append(str(machine / "yiwang-worker@1.service"))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *units], capture_output=True, text=True, check=False,
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{machine}:", "SYSTEMD_LOG_LEVEL": "warning"},
    )  # fmt: skip
    mine = [line for line in done.stderr.splitlines() if "yiwang" in line and "postgresql" not in line]
    assert (done.returncode, mine) == (0, []), done.stderr


@pytest.mark.parametrize("name", ["yiwang-web.service", "yiwang-sealer.service"])
def test_units_are_shut_in(machine: Path, name: str) -> None:
    """systemd's own measure of what a service may do to the machine: 0 is nothing, 10 everything; below 3 is "OK"."""
    whole = (machine / name).read_text() + (machine / "yiwang-.service.d/hardening.conf").read_text().replace("[Install]", "[X-Install]")
    file = machine / f"measured-{name}"
    file.write_text(whole)
    done = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--no-pager", str(file)], capture_output=True, text=True, check=False)
    found = re.search(r"exposure level for .*: ([\d.]+)", done.stdout)
    assert found, done.stdout + done.stderr
    assert float(found[1]) < 3.0, done.stdout


def test_the_command_reads_the_installations_settings(tmp_path: Path) -> None:
    home = tmp_path / "opt"
    (home / ".venv/bin").mkdir(parents=True)
    fake = home / ".venv/bin/python"
    fake.write_text('#!/bin/sh\necho "$YIWANG_REGION $YIWANG_DB_ROLE $PYTHONPATH $*"\n')
    fake.chmod(0o755)
    (tmp_path / "env").write_text("YIWANG_REGION=371599\nYIWANG_DB_ROLE=\n")
    env = {**os.environ, "YIWANG_HOME": str(home), "YIWANG_ENV_FILE": str(tmp_path / "env"), "YIWANG_DB_ROLE": "owner"}
    done = subprocess.run(["sh", str(DEPLOY / "bin/yiwang"), "migrate", "--no-input"], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["371599", "owner", f"{home}/src:{home}", "-m", "yiwang", "migrate", "--no-input"]
