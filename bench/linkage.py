"""How well and at what cost records of one person are found: the public sets, each rule switched off once, growth to a million.

    ./dev bench linkage                        the public sets (YIWANG_SHARED_DATA, or shared/data beside the checkout), each with its mapping
    ./dev bench linkage ablation [SET ...]     the same with each rule off
    ./dev bench linkage growth 10000 100000 1000000
                                               a made population in five registers

Every figure is of a process of its own: CPU seconds of all its threads, its largest resident memory. Precision and recall are of
pairs within clusters.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

FEBRL = {
    "id": "rec_id", "given_name": "given_name", "family_name": "surname", "address": ["street_number", "address_1", "address_2"],
    "place": ["suburb", "state"], "postcode": "postcode", "birth_date": "date_of_birth", "identity_number": "soc_sec_id",
}  # fmt: skip
SETS: dict[str, tuple[list[str], dict[str, Any]]] = {
    "febrl1": (["febrl1.csv"], FEBRL), "febrl3": (["febrl3.csv"], FEBRL), "febrl4": (["febrl4a.csv", "febrl4b.csv"], FEBRL),
    "febrl4 without number": (["febrl4a.csv", "febrl4b.csv"], {k: v for k, v in FEBRL.items() if k != "identity_number"}),
    "fake_1000": (["fake_1000.csv"], {"id": "unique_id", "given_name": "first_name", "family_name": "surname", "birth_date": "dob", "place": "city", "email": "email"}),
    "historical": (["historical_persons_dev.parquet"], {
        "id": "unique_id", "given_name": "first_name", "family_name": "surname", "full_name": "full_name", "birth_date": "dob", "place": "birth_place",
        "postcode": "postcode_fake", "sex": "gender", "occupation": "occupation",
    }),
}  # fmt: skip
SETS["historical, whole name alone"] = (SETS["historical"][0], {k: v for k, v in SETS["historical"][1].items() if k not in ("given_name", "family_name")})
RULES = ("training", "term_frequencies", "swapped_names", "average_linkage", "generations", "twins", "same_number", "shared_number", "two_numbers", "one_to_one")


def folder() -> Path:
    """Return where the public sets lie."""
    return Path(os.environ.get("YIWANG_SHARED_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data") / "records" / "linkage"


def load(name: str) -> tuple[dict[str, Any], dict[str, Any], dict[str, str]]:
    """Return tables, mapping and truth (person by id) of a public set or of `made N`."""
    from yiwang.apps.datahub.lake import handed_in

    if name.startswith("made "):
        from bench._persons import COLUMNS, registers

        tables, truth = registers(int(name.split()[1]))
        return tables, COLUMNS, truth
    files, mapping = SETS[name]
    tables = {Path(f).stem: handed_in.read(folder() / f) for f in files}
    truth = {}
    for table in tables.values():
        ids = table.column(mapping["id"]).to_pylist()
        truth.update(zip(ids, table.column("cluster").to_pylist() if "cluster" in table.column_names else [i.split("-")[1] for i in ids], strict=True))
    return tables, mapping, truth


def pairs(counts: Counter[Any]) -> int:
    return sum(n * (n - 1) // 2 for n in counts.values())


def judged(labels: Sequence[int], truth: Sequence[str]) -> tuple[float, float, float]:
    """Return precision, recall and F1 over pairs."""
    said, true, both = pairs(Counter(labels)), pairs(Counter(truth)), pairs(Counter(zip(labels, truth, strict=True)))
    return both / max(1, said), both / max(1, true), 2 * both / max(1, said + true)


def one(name: str, off: Sequence[str]) -> dict[str, Any]:
    """Link a set in this process and return its figures."""
    import django

    django.setup()
    from yiwang.apps.datahub.rules import linkage

    tables, mapping, truth = load(name)
    begun, cpu = time.perf_counter(), time.process_time()
    told: dict[str, Any] = {"rules": {rule: False for rule in off if rule != "one_to_one"}}
    if "one_to_one" in off:
        told["one_to_one"] = False
    found = linkage.link(tables, linkage.columns(mapping), linkage.options(told))
    figures = judged(found.labels, [truth[i] for i in found.ids])
    return {
        "set": name, "off": list(off), "records": len(found.ids), "persons": found.persons, "true": len(set(truth.values())), "figures": figures,
        "cpu": time.process_time() - cpu, "wall": time.perf_counter() - begun, "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "pairs": sum(r.pairs for r in found.rules), "told": len(found.told), "one_to_one": found.one_to_one,
    }  # fmt: skip


def apart(name: str, off: Sequence[str] = ()) -> dict[str, Any]:
    """Link a set in a process of its own."""
    done = subprocess.run([sys.executable, "-m", "bench.linkage", "--one", name, *off], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    return dict(json.loads(done.stdout.splitlines()[-1]))


HEAD = "| set | off | records | persons (true) | precision | recall | F1 | pairs looked at | CPU s | wall s | peak MB |\n|---|---|---|---|---|---|---|---|---|---|---|"


def line(found: dict[str, Any]) -> str:
    precision, recall, f1 = found["figures"]
    return (
        f"| {found['set']} | {', '.join(found['off']) or '-'} | {found['records']:,} | {found['persons']:,} ({found['true']:,}) | {precision:.4f} | {recall:.4f} | **{f1:.4f}** "
        f"| {found['pairs']:,} | {found['cpu']:.1f} | {found['wall']:.1f} | {found['mb']} |"
    )


def main() -> None:
    arguments = sys.argv[1:]
    if arguments[:1] == ["--one"]:
        print(json.dumps(one(arguments[1], arguments[2:])))
        return
    if arguments[:1] == ["growth"]:
        print(HEAD)
        for size in arguments[1:] or ["10000", "100000"]:
            print(line(apart(f"made {size}")), flush=True)
        return
    if not folder().is_dir():
        raise SystemExit(f"the public sets are not in {folder()}; set YIWANG_SHARED_DATA")
    print(HEAD)
    if arguments[:1] == ["ablation"]:
        for name in arguments[1:] or ["febrl3", "febrl4", "fake_1000", "historical", "made 20000"]:
            print(line(apart(name)), flush=True)
            for rule in RULES:
                print(line(apart(name, [rule])), flush=True)
        return
    for name in arguments or SETS:
        print(line(apart(name)), flush=True)


if __name__ == "__main__":
    main()
