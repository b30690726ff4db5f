"""The audit of dependencies without a network, the lock files' hashes, and that no secret stands in the tree."""

import json
import zipfile
from datetime import date

import pytest

from tools import run_audit
from tools.checks import check_locks
from tools.run_audit import Package, audit, is_affected
from tools.say import Stop
from tools.secrets_check import check_secrets


def advisory(number, name, ecosystem="PyPI", events=(), versions=(), **more):
    affected = {"package": {"name": name, "ecosystem": ecosystem}, "ranges": [{"type": "ECOSYSTEM", "events": list(events)}], "versions": list(versions)}
    return {"id": number, "modified": "2026-11-01T00:00:00Z", "summary": "it is bad", "affected": [affected], **more}


@pytest.fixture
def dump(tmp_path):
    def write(*found):
        for entry in found:
            (tmp_path / f"{entry['id']}.json").write_text(json.dumps(entry))
        return tmp_path

    return write


def django(version):
    return Package("PyPI", "django", version, "base.txt")


BEFORE = [{"introduced": "0"}, {"fixed": "5.2.3"}]
TWICE = [{"introduced": "4.2"}, {"fixed": "4.2.9"}, {"introduced": "5.0"}, {"fixed": "5.1.1"}]


@pytest.mark.parametrize(("version", "events", "affected"), [
    ("5.2.2", BEFORE, True), ("5.2.3", BEFORE, False), ("5.10", BEFORE, False), ("5.2.3rc1", BEFORE, True), ("4.2.8", TWICE, True),
    ("4.2.9", TWICE, False), ("5.0", TWICE, True), ("5.1.1", TWICE, False), ("3.2", TWICE, False),
    ("5.2.2", [{"introduced": "0"}, {"last_affected": "5.2.2"}], True), ("5.2.3", [{"introduced": "0"}, {"last_affected": "5.2.2"}], False),
])  # fmt: skip
def test_ranges_of_python(version, events, affected):
    entry = advisory("A", "django", events=events)["affected"][0]
    assert is_affected(django(version), entry) is affected


@pytest.mark.parametrize(("version", "affected"), [("6.0.0", True), ("6.1.9", True), ("6.2.0-beta.2", True), ("6.2.0", False), ("6.10.0", False)])
def test_ranges_of_the_front_end(version, affected):
    entry = advisory("A", "maplibre-gl", "npm", [{"introduced": "6.0.0"}, {"fixed": "6.2.0"}])["affected"][0]
    assert is_affected(Package("npm", "maplibre-gl", version, "package-lock.json"), entry) is affected


def test_what_is_found_names_package_advisory_and_mend(dump):
    path = dump(
        advisory("OSV-1", "Django", events=BEFORE), advisory("OSV-2", "pillow", events=BEFORE),
        advisory("OSV-3", "django", events=BEFORE, withdrawn="2026-10-01T00:00:00Z"), advisory("OSV-4", "django", "npm", BEFORE),
        advisory("OSV-5", "django", versions=["5.2.1"]),
    )  # fmt: skip
    found, read, newest = audit([django("5.2.1")], path)
    assert read == 5
    assert newest.date() == date(2026, 11, 1)
    assert sorted(f.advisory for f in found) == ["OSV-1", "OSV-5"]
    assert "base.txt: django 5.2.1: OSV-1: it is bad (fixed in 5.2.3)" in [str(f) for f in found]
    assert audit([django("5.2.3")], path)[0] == []


def test_a_zip_as_it_is_exported(tmp_path):
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("OSV-1.json", json.dumps(advisory("OSV-1", "django", events=BEFORE)))
    for path in (tmp_path, tmp_path / "all.zip"):
        assert [f.advisory for f in audit([django("5.2.1")], path)[0]] == ["OSV-1"]
    with pytest.raises(Stop):
        audit([], tmp_path / "nothing")


def test_what_is_accepted_has_a_reason_and_an_end(tmp_path):
    path = tmp_path / "accepted.toml"
    path.write_text('["OSV-1"]\nreason = "never called"\nuntil = 2026-12-31\n')
    assert run_audit.accepted(path, date(2026, 12, 31)) == {"OSV-1": "never called"}
    assert run_audit.accepted(path, date(2027, 1, 1)) == {}
    path.write_text('["OSV-1"]\nreason = ""\nuntil = 2026-12-31\n')
    with pytest.raises(Stop):
        run_audit.accepted(path)


def test_the_command_says_what_it_looked_at(dump, capsys, monkeypatch):
    monkeypatch.delenv("YIWANG_ADVISORIES", raising=False)
    with pytest.raises(Stop):
        run_audit.main([])
    locked = {(p.ecosystem, p.name): p for p in run_audit.packages()}
    assert {("PyPI", "django"), ("PyPI", "pillow"), ("npm", "maplibre-gl")} <= set(locked)
    mine = locked["PyPI", "django"].version
    path = dump(advisory("OSV-1", "django", versions=[mine]), advisory("OSV-2", "django", events=[{"introduced": "0"}, {"fixed": mine}]))
    assert run_audit.main(["--advisories", str(path)]) == 1
    said = capsys.readouterr().out
    assert "OSV-1" in said
    assert "OSV-2" not in said
    assert "held against 2 advisories: 1 found, 0 accepted" in said


def test_every_locked_package_has_its_hashes(tmp_path):
    assert [line for line in check_locks() if "no hash" in line] == []
    (tmp_path / "base.in").write_text("django\n")
    (tmp_path / "base.txt").write_text("django==5.2.3\n")
    assert any("has no hash" in line for line in check_locks(tmp_path))


def test_the_front_end_is_locked_with_hashes():
    locked = json.loads(run_audit.FRONT_END.read_text())["packages"]
    bare = [name for name, entry in locked.items() if name and not entry.get("link") and not entry.get("integrity")]
    assert bare == []


def test_no_secret_stands_in_the_tree():
    assert check_secrets() == []


@pytest.mark.parametrize(("name", "text"), [
    ("a.py", 'API_TOKEN = "kJ8s7dHq2LmN0pQr5tUvWx"'), ("a.yaml", "password: 'kJ8s7dHq2LmN0pQr5tUvWx'"), ("a.md", "AKIA" + "IOSFODNN7QXAMPLD"),
    ("a.txt", "-----BEGIN RSA " + "PRIVATE KEY-----"), ("a.toml", 'url = "postgresql://yiwang:' + 'hunter2hunter2@db/yiwang"'),
    ("server.key", "x"), (".env", "x"), ("a.cfg", "gh" + "p_0123456789abcdefghijABCDEFGHIJ"),
])  # fmt: skip
def test_what_looks_like_a_secret_is_named_without_its_value(tmp_path, name, text):
    file = tmp_path / name
    file.write_text(text)
    found = check_secrets([file])
    assert found
    assert "hunter2" not in str(found)
    assert "kJ8s7" not in str(found)
