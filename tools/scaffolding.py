"""New applications and matters from the folders in tools/scaffold: real, working, and clean under every check."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tools.say import Stop

SCAFFOLD = Path(__file__).resolve().parent / "scaffold"
NAME = re.compile(r"^[a-z][a-z0-9_]{1,29}$")


@dataclass(frozen=True)
class Words:
    """What stands in place of @name@, @Class@, @en@, @En@, @zh@, @app@, @slug@."""

    name: str
    zh: str
    en: str
    app: str = ""

    def fill(self, text: str) -> str:
        """Replace the words in a text or a path."""
        values = {
            "name": self.name, "slug": self.name, "app": self.app or self.name, "zh": self.zh, "en": self.en.lower(),
            "En": self.en[:1].upper() + self.en[1:], "Class": "".join(w.title() for w in self.name.split("_")),
        }  # fmt: skip
        return re.sub(r"@(\w+)@", lambda found: values[found[1]], text)


def check_name(name: str, what: str) -> None:
    """Refuse names that are no identifiers; pinyin cannot be seen by a machine and is left to review."""
    if not NAME.match(name):
        raise Stop(
            f"`{name}` cannot be the name of {what}.", "Use an English word in small letters: permits, water_bill"
        )


def read_options(arguments: list[str], usage: str, count: int) -> tuple[list[str], str, str]:
    """Take NAMES and `--zh`, `--en` apart."""
    names, texts = [], {"--zh": "", "--en": ""}
    rest = iter(arguments)
    for argument in rest:
        if argument in texts:
            texts[argument] = next(rest, "")
        else:
            names.append(argument)
    if len(names) != count or any(n.startswith("-") for n in names):
        raise Stop("The names are missing or too many.", usage)
    for text in texts.values():
        if '"' in text or "\\" in text or "\n" in text or "@" in text or len(text) > 60:
            raise Stop(f"`{text}` cannot be a title.", "Use at most 60 letters without quotes.")
    return names, texts["--zh"], texts["--en"]


def copy(source: Path, target: Path, words: Words) -> list[Path]:
    """Copy a scaffold with the words filled in; refuse to write over anything.

    Raises
    ------
    Stop
        The target exists; nothing was written.
    """
    if target.exists():
        raise Stop(f"{target.name} exists already.", "Choose another name, or remove the folder first.")
    written = []
    for file in sorted(p for p in source.rglob("*") if p.is_file()):
        path = target / words.fill(str(file.relative_to(source)).removesuffix(".txt"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(words.fill(file.read_text(encoding="utf-8")), encoding="utf-8")
        written.append(path)
    return written
