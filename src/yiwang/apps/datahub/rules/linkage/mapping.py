"""Which column of a table says what: the declared mapping (列映射) of a linkage, and its options."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

KINDS = (
    "id", "source", "given_name", "family_name", "full_name", "birth_date", "sex", "place", "address", "postcode", "phone", "identity_number",
    "occupation", "email", "other",
)  # fmt: skip
ALIASES = {
    "unique_id": "id", "record_id": "id", "key": "id", "first_name": "given_name", "forename": "given_name", "given": "given_name",
    "surname": "family_name", "last_name": "family_name", "family": "family_name", "name": "full_name", "dob": "birth_date",
    "date_of_birth": "birth_date", "birth": "birth_date", "birthday": "birth_date", "gender": "sex", "city": "place", "birth_place": "place",
    "suburb": "place", "region": "place", "state": "place", "street": "address", "zip": "postcode", "post_code": "postcode", "mobile": "phone",
    "telephone": "phone", "id_number": "identity_number", "identity": "identity_number", "national_id": "identity_number",
    "soc_sec_id": "identity_number", "job": "occupation", "profession": "occupation", "mail": "email", "e_mail": "email",
    "dataset": "source", "bureau": "source", "姓名": "full_name", "姓": "family_name", "名": "given_name", "性别": "sex", "出生日期": "birth_date",
    "住址": "address", "地址": "address", "电话": "phone", "手机": "phone", "公民身份号码": "identity_number", "身份证号": "identity_number",
    "职业": "occupation", "邮编": "postcode", "邮箱": "email", "编号": "id", "来源": "source", "籍贯": "place", "出生地": "place",
}  # fmt: skip
IGNORED = ("ignore", "cluster", "label", "truth", "")
MODES = ("auto", "dedupe", "link")
SINGLE = ("id", "source")
EVIDENCE = tuple(kind for kind in KINDS if kind not in ("id", "source"))


class MappingError(ValueError):
    """A mapping that cannot be used. `where` names the entry, `what` says why, in English for the door to translate."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}")
        self.where, self.what = where, what


@dataclass(frozen=True, kw_only=True)
class Columns:
    """The columns of each kind, in the order in which they were named."""

    of: Mapping[str, tuple[str, ...]]

    @property
    def id(self) -> str:
        """The column that numbers the records."""
        return self.of["id"][0]

    def __getitem__(self, kind: str) -> tuple[str, ...]:
        return self.of.get(kind, ())

    def names(self) -> tuple[str, ...]:
        """Return every column that is wanted, each once."""
        return tuple(dict.fromkeys(name for kind in KINDS for name in self[kind]))


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to link; what is here is what the product does when nothing is said.

    `match` and `review` are probabilities: from `match` on records are joined without asking, between the two a person is
    asked, below `review` they stay apart. `one_to_one`: at most one record of each source in a cluster; None lets the data say
    (a source that holds no duplicates of its own). The rules can be switched off one by one for a benchmark.
    """

    mode: str = "auto"
    match: float = 0.5
    review: float = 0.05
    one_to_one: bool | None = None
    most_in_cluster: int = 200
    pairs_per_record: int = 60
    most_pairs: int = 12_000_000
    memory_mb: int = 3000
    threads: int = 2
    seed: int = 1
    rules: Mapping[str, bool] = field(default_factory=dict)

    def on(self, rule: str) -> bool:
        """Whether a rule is in force; all are, unless named in `rules` as false."""
        return bool(self.rules.get(rule, True))


def columns(given: Mapping[str, Any]) -> Columns:
    """Read a mapping kind -> column(s), or column -> kind(s); both may stand in one table as long as it is clear what is meant.

    Raises
    ------
    MappingError
        An unknown kind, no id, two columns for a kind that has one, no column that tells anything of a person.
    """
    found: dict[str, list[str]] = {}
    for key, value in given.items():
        values = [str(v) for v in value] if isinstance(value, list | tuple) else [str(value)]
        as_kind = _kind(key)
        as_kinds = [_kind(v) for v in values]
        backwards = bool(values) and all(kind is not None for kind in as_kinds)
        if key in KINDS or (as_kind and not (backwards and all(v in KINDS for v in values))):
            for value_ in values:
                found.setdefault(as_kind or key, []).append(value_)
        elif backwards:
            for kind in as_kinds:
                if kind:
                    found.setdefault(kind, []).append(key)
        elif values and all(v in IGNORED for v in values):
            continue
        else:
            raise MappingError(key, f"is no kind; kinds are {', '.join(KINDS)}")
    found.pop("", None)
    if not found.get("id"):
        raise MappingError("id", "is missing: say which column numbers the records")
    for kind in SINGLE:
        if len(found.get(kind, ())) > 1:
            raise MappingError(kind, "has one column, not several")
    if not any(found.get(kind) for kind in EVIDENCE):
        raise MappingError("columns", "name nothing that tells records apart")
    return Columns(of={kind: tuple(dict.fromkeys(found[kind])) for kind in KINDS if found.get(kind)})


def _kind(word: str) -> str | None:
    plain = word.strip().casefold().replace("-", "_").replace(" ", "_")
    if plain in KINDS:
        return plain
    return ALIASES.get(plain)


def parse(text: str) -> tuple[Columns, Options]:
    """Read a MAP file: TOML with a table `[columns]` and, if wanted, `[options]`."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MappingError("file", f"is not TOML ({error})") from error
    told = data.get("columns")
    if told is None:
        told = {k: v for k, v in data.items() if not isinstance(v, dict)}
    if not isinstance(told, dict) or not told:
        raise MappingError("columns", "is missing")
    return columns(told), options(data.get("options") or {})


def options(given: Mapping[str, Any]) -> Options:
    """Read options, refusing unknown words and values that make no sense."""
    known = {f.name: f for f in fields(Options)}
    for name in given:
        if name not in known:
            raise MappingError(f"options.{name}", f"is unknown; known are {', '.join(known)}")
    made = replace(Options(), **dict(given))
    if made.mode not in MODES:
        raise MappingError("options.mode", f"is none of {', '.join(MODES)}")
    for name in ("match", "review"):
        value = getattr(made, name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1:
            raise MappingError(f"options.{name}", "is a probability between 0 and 1")
    if made.review > made.match:
        raise MappingError("options.review", "lies above match")
    for name in ("most_in_cluster", "pairs_per_record", "most_pairs", "memory_mb", "threads", "seed"):
        value = getattr(made, name)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise MappingError(f"options.{name}", "is a whole number above 0")
    if made.one_to_one is not None and not isinstance(made.one_to_one, bool):
        raise MappingError("options.one_to_one", "is true or false")
    if not isinstance(made.rules, dict) or not all(isinstance(v, bool) for v in made.rules.values()):
        raise MappingError("options.rules", "is a table of true and false")
    return made


def missing(wanted: Columns, present: Iterable[str]) -> tuple[str, ...]:
    """Return the columns that a table lacks."""
    have = set(present)
    return tuple(name for name in wanted.names() if name not in have)
