"""Who may know whom: the import contracts, what doors may not do, plain rules, migrations that stand alone."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src" / "yiwang"


def python_files(*patterns: str) -> Iterator[Path]:
    for pattern in patterns:
        yield from (p for p in sorted(SOURCE.glob(pattern)) if "tests" not in p.relative_to(SOURCE).parts)


def where(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(SOURCE)}:{getattr(node, 'lineno', 0)}"


def test_import_contracts(repo_dir: Path) -> None:
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command; lint_imports_command()",
        "--no-cache",
    ]
    done = subprocess.run(command, cwd=repo_dir, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


def test_models_are_named_by_string_in_migrations_only() -> None:
    wrong = []
    for path in python_files("**/*.py"):
        if "migrations" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr == "get_model":
                wrong.append(where(path, node))
    assert not wrong, "apps.get_model hides an import; only migrations may use it"


DOORS = ("kernel/*/pages.py", "kernel/*/pages/**/*.py", "kernel/*/api.py", "kernel/*/api/**/*.py", "kernel/*/tasks.py",
         "apps/*/pages.py", "apps/*/pages/**/*.py", "apps/*/api.py", "apps/*/api/**/*.py", "apps/*/tasks.py",
         "apps/*/open311.py", "apps/*/open311/**/*.py")  # fmt: skip
READS_AND_WRITES = {"objects", "all_modes", "save", "bulk_create", "bulk_update", "get_or_create", "update_or_create"}


def test_doors_read_through_queries_and_write_through_services() -> None:
    wrong = []
    for path in python_files(*DOORS):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in READS_AND_WRITES:
                wrong.append(f"{where(path, node)} .{node.attr}")
    assert not wrong, "a door reads through queries and writes through services"


def test_rules_and_contracts_are_plain_python() -> None:
    """Beyond import-linter: also in the kernel, and also no clock and no randomness in rules.

    Marking a text for translation is allowed: it is evaluated by whoever shows it.
    """
    wrong = []
    for path in python_files("**/rules.py", "**/rules/**/*.py", "**/contracts.py", "**/contracts/**/*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        typing_only = {id(n) for block in ast.walk(tree) if _is_type_checking(block) for n in ast.walk(block)}
        for node in ast.walk(tree):
            if id(node) in typing_only:
                continue
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            wrong += [
                f"{where(path, node)} {n}"
                for n in names
                if n.split(".")[0] in ("django", "procrastinate", "psycopg") and n != "django.utils.translation"
            ]
            if "rules" in path.name or "rules" in path.parts:
                called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
                if called in ("datetime.now", "datetime.today", "date.today", "time.time", "random.random", "open"):
                    wrong.append(f"{where(path, node)} {called}()")
    assert not wrong, "rules and contracts know neither framework nor clock nor files"


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def test_the_kernel_names_no_app() -> None:
    wrong = []
    for path in python_files("kernel/**/*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and node.value.startswith("yiwang.apps.")
                and len(node.value) > 12
            ):
                wrong.append(f"{where(path, node)} {node.value!r}")
    assert not wrong


def test_files_stay_small() -> None:
    """What grows becomes a folder."""
    counted = {
        p: len(p.read_text(encoding="utf-8").splitlines())
        for p in python_files("**/*.py")
        if "migrations" not in p.parts
    }
    assert not {str(p.relative_to(SOURCE)): n for p, n in counted.items() if n > 400}


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    from io import StringIO

    from django.core.management import call_command

    out = StringIO()
    try:
        call_command("makemigrations", check=True, dry_run=True, stdout=out, stderr=out)
    except SystemExit:
        pytest.fail(out.getvalue())


def test_migrations_import_none_of_our_code_but_fields() -> None:
    """A migration must work when the code has moved on; only fields and the id helper are named in them."""
    allowed = {"yiwang.kernel.base.uid", "yiwang.kernel.audit.models"}
    wrong = []
    for path in python_files("**/migrations/*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            wrong += [f"{where(path, node)} {n}" for n in names if n.startswith("yiwang.") and n not in allowed]
    assert not wrong
