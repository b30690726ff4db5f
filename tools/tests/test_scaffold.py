"""A new app with a new matter: works and is clean under every check from its first minute."""

import os
import shutil
import subprocess
import sys

import pytest

from tools import checks, new_app, new_matter
from tools.say import Stop


@pytest.fixture(scope="module")
def copy(tmp_path_factory, repo_dir):
    """A copy of the tree with a new app `permits` and its matter `shop_sign`."""
    root = tmp_path_factory.mktemp("checkout")
    skip = shutil.ignore_patterns("node_modules", "static_built", "__pycache__", "*.mo")
    for name in ("src", "tools", "tests", "sample"):
        if (repo_dir / name).is_dir():
            shutil.copytree(repo_dir / name, root / name, ignore=skip)
    for name in ("pyproject.toml", "conftest.py"):
        shutil.copy(repo_dir / name, root)
    assert new_app.main(["permits", "--zh", "行政许可", "--en", "Permits"], root) == 0
    assert new_matter.main(["permits", "shop_sign", "--zh", "店招设置审批", "--en", "Shop sign permit"], root) == 0
    return root


def run(root, *command, **env):
    paths = os.pathsep.join([str(root / "src"), str(root)])
    return subprocess.run(
        [sys.executable, *command], cwd=root, capture_output=True, text=True, timeout=280,
        env={**os.environ, "PYTHONPATH": paths, "DJANGO_SETTINGS_MODULE": "yiwang.site.settings", **env},
    )  # fmt: skip


@pytest.mark.parametrize(
    "command",
    [
        ("-m", "ruff", "check", "src/yiwang/apps/permits"),
        ("-m", "yiwang", "check", "--fail-level", "WARNING"),
        ("-m", "yiwang", "makemigrations", "--check", "--dry-run", "permits"),
        ("-c", "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"),
    ],
    ids=["ruff", "django", "migrations", "import-linter"],
)
def test_it_passes_the_checks(copy, command):
    done = run(copy, *command)
    assert done.returncode == 0, done.stdout + done.stderr


def test_its_texts_are_in_both_languages(copy):
    source = copy / "src" / "yiwang"
    wrong = checks.check_messages(source) + checks.check_data_texts(source)
    assert [line for line in wrong if "permits" in line] == []


def test_its_own_tests_pass(copy):
    done = run(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", "src/yiwang/apps/permits")
    assert done.returncode == 0, done.stdout[-4000:]
    assert " passed" in done.stdout


def test_no_placeholder_is_left(copy):
    files = [
        p for p in (copy / "src/yiwang/apps/permits").rglob("*") if p.is_file() and p.suffix in {".py", ".toml", ".po"}
    ]
    assert files
    assert not [p for p in files if "@name@" in p.read_text() or "@En@" in p.read_text()]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [(["city"], "exists already"), (["Permits"], "cannot be the name"), (["ui"], "means something else"), ([], "missing"),
     (["permits2", "--zh", 'a"b'], "cannot be a title")],
)  # fmt: skip
def test_bad_names_write_nothing(copy, arguments, sentence):
    before = sorted(p.name for p in (copy / "src/yiwang/apps").iterdir())
    with pytest.raises(Stop, match=sentence):
        new_app.main(arguments, copy)
    assert sorted(p.name for p in (copy / "src/yiwang/apps").iterdir()) == before


def test_a_matter_needs_its_app(copy):
    with pytest.raises(Stop, match="There is no app"):
        new_matter.main(["nowhere", "thing"], copy)
