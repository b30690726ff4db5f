"""Our own checks of the source tree: words, texts, machine paths. Each returns lines `file:line: what is wrong`."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.place import REPO_DIR

SOURCE = REPO_DIR / "src" / "yiwang"
GLOSSARY = REPO_DIR / "docs" / "glossary.toml"
HAN = re.compile(r"[\u4e00-\u9fff]")


# --- glossary ---------------------------------------------------------------------------------------------------------


def glossary(path: Path = GLOSSARY) -> dict[str, dict[str, Any]]:
    """Read the glossary: English identifier -> zh, means, not, source, code."""
    return tomllib.loads(path.read_text(encoding="utf-8"))


def check_glossary(path: Path = GLOSSARY, source: Path = SOURCE) -> list[str]:
    """Each `code` place exists, each Chinese term has one meaning, and no forbidden word is an identifier."""
    terms, wrong = glossary(path), []
    name = path.name
    seen: dict[str, str] = {}
    for term, entry in terms.items():
        for key in ("zh", "means"):
            if not entry.get(key):
                wrong.append(f"{name}: [{term}] lacks `{key}`")
        for chinese in chinese_names(entry):
            if chinese in seen:
                wrong.append(f"{name}: {chinese} stands for both [{seen[chinese]}] and [{term}]")
            seen[chinese] = term
        wrong += [
            f"{name}: [{term}] names {place}, which does not exist"
            for place in entry.get("code", [])
            if not locate(place)
        ]
    forbidden = {
        word.replace(" ", "_").replace("-", "_").lower(): term
        for term, entry in terms.items()
        for word in entry.get("not", [])
    }
    for file in python_files(source):
        for line, word in identifiers(file):
            if word.lower() in forbidden:
                right = forbidden[word.lower()]
                wrong.append(f"{relative(file)}:{line}: `{word}` is called `{right}` here ({terms[right]['zh']})")
    return wrong


def chinese_names(entry: dict[str, Any]) -> list[str]:
    """Return the Chinese names of an entry; `zh` may hold several, separated by 、."""
    return [part.strip() for part in str(entry.get("zh", "")).split("、") if part.strip()]


def locate(dotted: str, root: Path = REPO_DIR / "src") -> tuple[Path, int] | None:
    """Find `package.module.Name.attribute` in the source without importing it: the file and the line."""
    parts = dotted.split(".")
    for cut in range(len(parts), 0, -1):
        base = root.joinpath(*parts[:cut])
        for file in (base.with_suffix(".py"), base / "__init__.py"):
            if file.is_file():
                found = _line_of(file, parts[cut:])
                return (file, found) if found else None
    base = root.joinpath(*parts)
    return (base, 1) if base.is_dir() else None


def _line_of(file: Path, names: list[str]) -> int:
    body: list[ast.stmt] = ast.parse(file.read_text(encoding="utf-8")).body
    line = 1
    for index, name in enumerate(names):
        for node in _statements(body):
            if name in _names(node):
                line = node.lineno
                if isinstance(node, ast.ImportFrom | ast.Import):
                    return line  # handed on from elsewhere; good enough to find it
                body = getattr(node, "body", [])
                break
        else:
            return 0
        if not isinstance(node, ast.ClassDef) and index < len(names) - 1:
            return 0
    return line


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        yield node
        if isinstance(node, ast.If | ast.Try | ast.With):
            yield from _statements(node.body)


def _names(node: ast.stmt) -> set[str]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return {node.name}
        case ast.Assign():
            return {t.id for target in node.targets for t in ast.walk(target) if isinstance(t, ast.Name)}
        case ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
        case ast.ImportFrom() | ast.Import():
            return {(alias.asname or alias.name) for alias in node.names}
    return set()


def identifiers(file: Path) -> Iterator[tuple[int, str]]:
    """Yield the names that a file itself defines: functions, classes, arguments, fields, variables."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.lineno, node.name
            case ast.arg():
                yield node.lineno, node.arg
            case ast.Name(ctx=ast.Store()):
                yield node.lineno, node.id


# --- texts ------------------------------------------------------------------------------------------------------------


def check_messages(source: Path = SOURCE) -> list[str]:
    """Every text of the source is in a catalogue and translated; placeholders agree; nothing is fuzzy."""
    from tools import messages

    wrong, known = [], set()
    for path in messages.catalogues(source):
        for message in messages.read(path):
            if not message.id:
                continue
            ids = message.id if isinstance(message.id, list | tuple) else (message.id,)
            texts = message.string if isinstance(message.string, list | tuple) else (message.string or "",)
            where = f"{relative(path)}:{message.lineno or 1}"
            known |= {(message.context, text) for text in ids}
            if message.fuzzy:
                wrong.append(f"{where}: fuzzy: {ids[0]!r}")
            elif not all(texts):
                wrong.append(f"{where}: not translated: {ids[0]!r}")
            elif any(messages.placeholders(text) - messages.placeholders(*ids) for text in texts):
                wrong.append(f"{where}: the translation of {ids[0]!r} uses a placeholder that the text lacks")
    for file, line, context, text in messages.used(source):
        if (context, text) not in known:
            wrong.append(f"{relative(file)}:{line}: no Chinese for {text!r} in any locale/zh_Hans")
    return wrong


def check_one_translation(source: Path = SOURCE) -> list[str]:
    """One English text has one Chinese text in the whole platform: Django merges all catalogues into one, and the first room wins.

    A text that means another thing in another room is worded otherwise there, or has a context.
    """
    from tools import messages

    said: dict[tuple[str | None, object], dict[object, str]] = {}
    for path in messages.catalogues(source):
        language = path.parts[-3]
        for message in messages.read(path):
            if message.id:
                english: object = tuple(message.id) if isinstance(message.id, list | tuple) else message.id
                chinese: object = tuple(message.string) if isinstance(message.string, list | tuple) else message.string
                said.setdefault((f"{language} {message.context or ''}", english), {}).setdefault(chinese, f"{relative(path)}:{message.lineno or 1}")
    wrong = []
    for (_, english), texts in said.items():
        (first, place), *others = texts.items()
        wrong += [f"{where}: {english!r} is {text!r} here and {first!r} in {place}: word it otherwise, or give a context" for text, where in others]
    return wrong


def check_data_texts(source: Path = SOURCE) -> list[str]:
    """Every text inside shipped data has both languages: `{"zh-Hans": ..., "en": ...}`."""
    wrong = []
    for file in sorted(source.glob("**/matters/**/*")) + sorted(source.glob("**/data/**/*")):
        try:
            if file.suffix == ".json":
                data = json.loads(file.read_text(encoding="utf-8"))
            elif file.suffix == ".toml":
                data = tomllib.loads(file.read_text(encoding="utf-8"))
            else:
                continue
        except ValueError as error:
            wrong.append(f"{relative(file)}: not readable: {error}")
            continue
        wrong += [f"{relative(file)}: {what}" for what in _half_texts(data, "")]
    return wrong


def _half_texts(value: object, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        languages = {"zh-Hans", "en"} & value.keys()
        if languages and not (value.get("zh-Hans") and value.get("en")):
            missing = "zh-Hans" if not value.get("zh-Hans") else "en"
            yield f"{path or '(top)'} has no {missing} text"
        for key, inner in value.items():
            yield from _half_texts(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _half_texts(inner, f"{path}[{index}]")


# --- what must not be in a public tree --------------------------------------------------------------------------------

# Written in pieces, so that this file does not find itself.
MACHINE = re.compile(
    r"(?<![\w.-])/(?:" + "root|" + r"home/(?!USER)[a-z]\w*|" + r"work/(?:main|shared)|" + r"tmp/yw|Users/\w+)\b"
)
REGISTRY = re.compile(
    "|".join(
        re.escape("".join(parts))
        for parts in (
            ("pypi", ".org"), ("files.python", "hosted.org"), ("registry.npm", "js.org"), ("registry.yarn", "pkg.com"),
            ("npm", "mirror.com"), ("tsinghua", ".edu.cn"), ("mirrors.", "aliyun"), ("index-", "url"), ("extra-index", "-url"),
        )
    )
)  # fmt: skip
TEXT_SUFFIXES = {
    ".py", ".md", ".toml", ".txt", ".in", ".json", ".yaml", ".yml", ".ts", ".js", ".css", ".html", ".po", ".sh", ".cfg",
    ".csv", ".bpmn", ".dmn", ".sql", ".service", "",
}  # fmt: skip


def check_traces(files: list[Path] | None = None) -> list[str]:
    """No path of one machine and no package registry stands in the tree."""
    wrong = []
    for file in tracked_files() if files is None else files:
        if file.suffix not in TEXT_SUFFIXES or file.name == "LICENSE":
            continue
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except (UnicodeDecodeError, OSError):
            continue
        for number, line in enumerate(lines, 1):
            if "--no-emit-index" in line and file.parent.name == "tools":
                continue
            if found := MACHINE.search(line) or REGISTRY.search(line):
                wrong.append(
                    f"{relative(file)}:{number}: names {found.group(0)!r}, which belongs to one machine or registry"
                )
    return wrong


def tracked_files() -> list[Path]:
    """Return the files that git knows, or all of them where there is no git."""
    import subprocess

    try:
        done = subprocess.run(
            ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=REPO_DIR, capture_output=True, text=True, check=True,
        )  # fmt: skip
        names = [name for name in done.stdout.split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        skipped = {".git", ".venv", ".cache", ".yiwang", "node_modules", "__pycache__", "static_built"}
        return [p for p in REPO_DIR.rglob("*") if p.is_file() and not skipped & set(p.relative_to(REPO_DIR).parts)]
    return [path for name in names if (path := REPO_DIR / name).is_file()]


# --- lock files -------------------------------------------------------------------------------------------------------


def check_locks(folder: Path = REPO_DIR / "requirements") -> list[str]:
    """Every package asked for in *.in is pinned, with hashes, in the lock file of the same name."""
    wrong = []
    for asked in sorted(folder.glob("*.in")):
        lock = asked.with_suffix(".txt")
        text = lock.read_text(encoding="utf-8") if lock.is_file() else ""
        pinned = {_package(name) for name in re.findall(r"^([\w.-]+)==", text, re.M)}
        wrong += [f"{relative(lock)}: {block.split()[0]} has no hash" for block in re.split(r"\n(?=\w)", text.strip())
                  if block and "--hash=sha256:" not in block]  # fmt: skip
        for number, line in enumerate(asked.read_text(encoding="utf-8").splitlines(), 1):
            found = re.match(r"[A-Za-z0-9][\w.-]*", line)
            if found and _package(found[0]) not in pinned:
                wrong.append(f"{relative(asked)}:{number}: {found[0]} is not in {lock.name}; run ./dev lock")
    return wrong


def _package(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


# --- documents --------------------------------------------------------------------------------------------------------

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)|!\[[^\]]*\]\(([^)\s]+)\)")


def check_links(files: list[Path] | None = None) -> list[str]:
    """Every link from one document to another file of the tree leads somewhere."""
    wrong = []
    for file in [f for f in (tracked_files() if files is None else files) if f.suffix == ".md"]:
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            for found in LINK.finditer(line):
                target = found[1] or found[2]
                if (
                    "://" not in target
                    and not target.startswith(("mailto:", "/"))
                    and not (file.parent / target).exists()
                ):
                    wrong.append(f"{relative(file)}:{number}: {target} does not exist")
    return wrong


# --- helpers ----------------------------------------------------------------------------------------------------------


def python_files(source: Path) -> Iterator[Path]:
    """Yield our Python files without migrations and tests."""
    for file in sorted(source.rglob("*.py")):
        if not {"migrations", "tests", "node_modules"} & set(file.relative_to(source).parts):
            yield file


def relative(file: Path) -> str:
    """Return the path as a person in the checkout would type it."""
    try:
        return str(file.relative_to(REPO_DIR))
    except ValueError:
        return str(file)
