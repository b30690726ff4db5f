"""The first part of `dev`, the shell: what it says and does on a bare system, with apt played by a script."""

import os
import shutil
import stat
import subprocess

import pytest

TOOLS = [
    "sh",
    "dirname",
    "basename",
    "date",
    "mkdir",
    "cat",
    "grep",
    "awk",
    "df",
    "sed",
    "tr",
    "cut",
    "tail",
    "rm",
    "ls",
    "touch",
    "sha256sum",
    "printf",
    "kill",
    "id",
    "dpkg",
]
APT = """#!/bin/sh
echo "$DEBIAN_FRONTEND|$*" >>"$CALLS"
{behaviour}
exit 0
"""


@pytest.fixture
def bare(tmp_path, repo_dir):
    """A bare system: `dev` in a folder, a PATH of harmless tools, and no Python, PostgreSQL or GDAL to be found."""
    home, tools = tmp_path / "clone", tmp_path / "bin"
    (home / "requirements").mkdir(parents=True)
    tools.mkdir()
    shutil.copy(repo_dir / "dev", home)
    for name in TOOLS:
        if path := shutil.which(name):
            (tools / name).symlink_to(path)

    def script(name, text):
        path = tools / name
        path.unlink(missing_ok=True)
        path.write_text(text)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    script("sleep", f"#!/bin/sh\nexec {shutil.which('sleep')} 0.05\n")
    script("dpkg", "#!/bin/sh\nexit 0\n")

    def run(*arguments, uid=0, apt=""):
        script("id", f"#!/bin/sh\necho {uid}\n")
        if apt is not None:
            script("apt-get", APT.format(behaviour=apt))
        done = subprocess.run(
            [str(home / "dev"), *arguments], capture_output=True, text=True, timeout=60, cwd=tmp_path,
            env={"PATH": str(tools), "DEV_TEST_ROOT": str(tmp_path / "root"), "CALLS": str(tmp_path / "calls"), "HOME": "/"},
        )  # fmt: skip
        calls = tmp_path / "calls"
        return done, calls.read_text().splitlines() if calls.exists() else []

    run.root = tmp_path / "root"
    return run


def test_an_ordinary_user_gets_one_line_and_nothing_is_installed(bare):
    done, calls = bare("up", uid=1000)
    assert done.returncode == 1
    assert calls == []
    lines = [line for line in done.stderr.splitlines() if "apt-get install" in line]
    assert len(lines) == 1
    for package in ("python3-venv", "postgresql-15-postgis-3", "libgdal32"):
        assert package in lines[0]
    assert "fonts-wqy-microhei" in lines[0], "paper forms need Chinese letters"
    assert "chromium" not in lines[0], "tests alone need a browser"


def test_a_chinese_font_that_is_there_will_do(bare):
    for name in ("opentype/noto/NotoSansCJK-Regular.ttc", "truetype/wqy/wqy-zenhei.ttc"):
        font = bare.root / "usr/share/fonts" / name
        font.parent.mkdir(parents=True)
        font.touch()
        assert "fonts-" not in bare("up", uid=1000)[0].stderr
        font.unlink()


def test_tests_need_a_browser_and_fonts(bare):
    done, _ = bare("test", uid=1000)
    assert "chromium" in done.stderr
    assert "fonts-noto-cjk" in done.stderr


def test_apt_comes_first_and_makes_no_cluster(bare):
    check = (
        'grep -q "create_main_cluster = false" "$DEV_TEST_ROOT"/etc/postgresql-common/createcluster.d/*.conf || exit 9'
    )
    done, calls = bare("up", apt=check)
    assert [c.split("|")[0] for c in calls] == ["noninteractive"] * 3
    assert calls[0].endswith("|update")
    assert "--download-only" in calls[1]
    assert "--download-only" not in calls[2]
    assert all("DPkg::Lock::Timeout" in c for c in calls[1:])
    assert "No Python 3.11" in done.stderr, "the played apt installs nothing, so the next step stops"


def test_a_locked_list_is_waited_for(bare):
    busy = '[ "$1" = update ] && [ $(grep -c update "$CALLS") -lt 3 ] && { echo "E: Could not get lock"; exit 100; }'
    _, calls = bare("up", apt=busy)
    assert [c.split("|")[1] for c in calls[:3]] == ["update"] * 3


@pytest.mark.parametrize(
    ("said", "sentence"),
    [("E: No space left on device", "The disk is full"), ("Temporary failure resolving 'deb'", "needs the network"),
     ("E: Unable to locate package x", "Unable to locate package x")],
)  # fmt: skip
def test_what_apt_fails_of_is_one_sentence_with_the_mend(bare, said, sentence):
    done, _ = bare("up", apt=f'echo "{said}"; exit 100')
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "->" in done.stderr


def test_without_apt_it_says_what_is_needed(bare):
    done, _ = bare("up", apt=None)
    assert done.returncode == 1
    assert "has no apt-get" in done.stderr
    assert "PostGIS" in done.stderr


def test_a_folder_of_somebody_else(bare, tmp_path):
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    (tmp_path / "clone").chmod(0o555)
    done, _ = bare("up")
    assert "No permission to write" in done.stderr


def test_help_and_unknown_commands(bare):
    done, _ = bare("help")
    assert done.returncode == 0
    assert "./dev where 立案" in done.stdout
    done, _ = bare("fly")
    assert done.returncode == 1
    assert "no command 'fly'" in done.stderr


def test_commands_before_the_first_up_name_it(bare):
    done, _ = bare("status")
    assert done.returncode == 1
    assert "-> ./dev up" in done.stderr
