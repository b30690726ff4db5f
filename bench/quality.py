"""Thirty quality rules over landed rows, against bare DuckDB reading the same CSV and reading the same Parquet.

    ./dev bench --sample none quality [--rows 100k,1m,10m]

The file of bench/landing.py is landed first (not counted), then its 30 rules run as after each landing. "Bare csv" is
`SELECT count(*), max(COLUMNS(*)) FROM read_csv(file)`, "bare parquet" the same over the landed files.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date, datetime
from pathlib import Path

import django

from bench.landing import CONTRACT, make, number

RULES = """
rules:
  - {kind: birth_matches_id, column: birth_date, id: id_number}
  - {kind: sex_matches_id, column: sex, id: id_number}
  - {kind: range, column: amount, low: 0, high: 2000}
  - {kind: range, column: household_size, low: 1, high: 6}
  - {kind: range, column: score, low: 0, high: 100}
  - {kind: outlier, column: amount}
  - {kind: outlier, column: score}
  - {kind: regex, column: phone, pattern: '1[3-9][0-9]{9}'}
  - {kind: regex, column: village_code, pattern: '3715[0-9]{8}'}
  - {kind: regex, column: card, pattern: '62[0-9]{14}'}
  - {kind: length, column: name, low: 2, high: 4}
  - {kind: length, column: address, low: 6, high: 60}
  - {kind: length, column: bank, low: 4, high: 20}
  - {kind: codes, column: sex, codes: sex}
  - {kind: codes, column: marriage, codes: marriage}
  - {kind: not_null, column: address}
  - {kind: not_null, column: phone}
  - {kind: not_null, column: amount}
  - {kind: not_null_when, column: until, when: {column: relief_kind, is: [临时救助]}}
  - {kind: order, columns: [birth_date, since, until]}
  - {kind: compare, column: since, operator: '<', other: until}
  - {kind: not_future, column: since}
  - {kind: not_future, column: changed_at}
  - {kind: expected_count, low: 1}
"""


def one(what: str, path: Path, lake: Path) -> None:
    django.setup()
    from django.conf import settings

    from yiwang.apps.datahub.lake import finishing, landing, quality
    from yiwang.apps.datahub.lake.engine import connect
    from yiwang.apps.datahub.lake.reading import open_file
    from yiwang.apps.datahub.queries.landing import codes
    from yiwang.apps.datahub.rules import contract as contracts
    from yiwang.apps.datahub.rules.quality import rules_of, score

    settings.DATA_DIR = lake
    contract = contracts.parse(CONTRACT + RULES)
    if what == "land":
        landing.land(contract, open_file(path, path.name, contract.columns), lake, run="bench", codes=codes.known(contract), base=finishing.Base())
        print("{}")
        return
    began, busy, told = time.perf_counter(), time.process_time(), {}
    files = f"read_parquet('{lake}/part-*.parquet')"
    with connect() as con:
        if what == "rules":
            rules = rules_of(contract)
            made = quality.check(con, f"SELECT * FROM {files}", contract, rules, codes=codes.known(contract), other=str, landed_at=datetime(2026, 11, 1), today=date(2026, 11, 2))
            told = {"rules": len(rules), "rows": made.rows, "score": score(made.results), "not_run": len(made.failed_to_run)}
        else:
            con.execute(f"SELECT count(*), max(COLUMNS(*)) FROM {files if what == 'bare parquet' else f'read_csv({str(path)!r})'}").fetchall()
    seconds, cpu = time.perf_counter() - began, time.process_time() - busy
    print(json.dumps({"seconds": round(seconds, 2), "cpu": round(cpu, 2), "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, **told}))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.quality")
    parser.add_argument("--rows", default="100k,1m,10m")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args(sys.argv[1:])
    if options.one:
        one(options.one[0], Path(options.one[1]), Path(options.one[2]))
        return
    print(f"load before: {os.getloadavg()[0]:.1f}")
    print("| rows | what | s | CPU s | MB | CPU ratio to bare csv | |\n|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(dir=os.environ.get("YIWANG_BENCH_DIR")) as folder:
        for text in options.rows.split(","):
            path, lake = Path(folder) / f"{text}.csv", Path(folder) / f"lake-{text}"
            lake.mkdir()
            make(path, number(text))
            bare = 0.0
            for what in ("land", "bare csv", "bare parquet", "rules"):
                said = subprocess.run([sys.executable, "-m", "bench.quality", "--one", what, str(path), str(lake)], capture_output=True, text=True, check=True).stdout
                found = json.loads(said.splitlines()[-1])
                if what == "land":
                    continue
                bare = found["cpu"] if what == "bare csv" else bare
                more = " ".join(f"{k} {found[k]}" for k in ("rules", "rows", "score", "not_run") if k in found)
                print(f"| {text} | {what} | {found['seconds']} | {found['cpu']} | {found['mb']} | {found['cpu'] / bare:.2f} | {more} |", flush=True)
            path.unlink()


if __name__ == "__main__":
    main()
