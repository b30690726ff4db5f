"""`yiwang datahub link FILE... --columns MAP.toml --out clusters.csv`: which records of anyone's files are of one person.

A tool on files: it needs no running platform and no database, reads and writes nothing but the files named.
"""

import csv
import os
import re
from argparse import ArgumentParser
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from yiwang.apps.datahub.lake import handed_in
from yiwang.apps.datahub.rules import linkage
from yiwang.kernel.base.cells import safe

Say = Callable[[str], None]


def arguments(link: ArgumentParser) -> None:
    """Say what the command takes."""
    link.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="CSV (UTF-8 or GBK) or Parquet, with a header"
    )
    link.add_argument(
        "--columns",
        required=True,
        type=Path,
        metavar="MAP.toml",
        help="which column says what: docs/reference/linkage.md",
    )
    link.add_argument("--out", required=True, type=Path, metavar="CSV", help="written: id,cluster")
    link.add_argument(
        "--pairs", type=Path, metavar="CSV", help="written besides: pairs joined or in doubt, with the reasons"
    )
    link.add_argument("--mode", choices=["auto", "dedupe", "link"], help="instead of the map's")


def handle(options: dict[str, Any], out: Say, err: Say) -> None:
    """Link the records of the files and write the clusters.

    Raises CommandError, with the file's name, for what cannot be read, understood or written.
    """
    try:
        _link(options, out, err)
    except (linkage.MappingError, handed_in.HandedInError) as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        raise CommandError(f"{error.filename}: {error.strerror}") from error


def _link(options: dict[str, Any], out: Say, err: Say) -> None:
    columns, wanted = linkage.parse(_text(options["columns"]))
    if options["mode"]:
        wanted = linkage.options({**_said(wanted), "mode": options["mode"]})
    for path in (options["out"], options["pairs"]):
        if path and not path.absolute().parent.is_dir():
            raise CommandError(f"{path}: its folder is not there")
    tables = {name: handed_in.read(path) for name, path in _named(options["files"]).items()}
    found = linkage.link(tables, columns, wanted, say=err)
    several = len(found.sources) != len(set(found.ids))  # ids of two files clash: then the file is named too
    head = ["id", "cluster", "source"] if several else ["id", "cluster"]
    rows = zip(found.ids, found.labels, found.sources, strict=True)
    _write(options["out"], head, ((i, n, s)[: len(head)] for i, n, s in rows))
    if options["pairs"]:
        _write(options["pairs"], PAIR_COLUMNS, (_pair_row(found, pair) for pair in found.pairs))
    joined = len(found.ids) - found.persons
    once = "; each file holds a person once" if found.one_to_one else ""
    out(
        f"{len(found.ids):,} records, {found.persons:,} persons, {joined:,} records joined to another{once}; {found.seconds:.1f} s"
    )
    doubt = sum(1 for _pair in found.pairs.of(linkage.REVIEW))
    if doubt:
        out(f"{doubt:,} pairs are in doubt{'' if options['pairs'] else ' (--pairs FILE lists them)'}")
    for told in found.told[:5]:
        words = {"shared_number": "one identity number, two people", "two_numbers": "alike, with two identity numbers"}[
            told.rule
        ]
        out(f"  {told.left[1]} and {told.right[1]}: {words}")
    if len(found.told) > 5:
        out(f"  and {len(found.told) - 5:,} more such pairs")


_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
PAIR_COLUMNS = [
    "left_source",
    "left_id",
    "right_source",
    "right_id",
    "decision",
    "probability",
    "bits",
    "rule",
    "reasons",
]


def _pair_row(found: linkage.Linked, pair: linkage.Pair) -> tuple[Any, ...]:
    reasons = "; ".join(f"{r.column} {r.found} {r.bits:+.1f}" for r in pair.reasons if r.found != "absent")
    return (
        found.sources[pair.left], found.ids[pair.left], found.sources[pair.right], found.ids[pair.right], pair.decision,
        round(pair.probability, 4), round(pair.bits, 2), pair.rule, f"start {pair.prior_bits:+.1f}; {reasons}",
    )  # fmt: skip


def _text(path: Path) -> str:
    if not path.is_file():
        raise CommandError(
            f"{path}: is not there. It says which column says what; docs/reference/linkage.md has examples."
        )
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise CommandError(f"{path}: is no text in UTF-8") from error


def _said(options: linkage.Options) -> dict[str, Any]:
    return dict(vars(options))


def _named(files: Sequence[Path]) -> dict[str, Path]:
    """Name each file by its stem; files of one stem by their number besides."""
    named: dict[str, Path] = {}
    for number, path in enumerate(files, 1):
        named[path.stem if path.stem not in named else f"{path.stem}-{number}"] = path
    return named


def _write(path: Path, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a CSV that no spreadsheet runs, whole or not at all."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(head)
            writer.writerows([_safe(cell) for cell in row] for row in rows)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _safe(cell: Any) -> Any:
    """Keep numbers as they are, for ids are joined on; nothing else may begin as a formula does."""
    return cell if isinstance(cell, str) and _NUMBER.fullmatch(cell) else safe(cell)
