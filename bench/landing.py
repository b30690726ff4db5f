"""Landing a CSV of 20 columns with every check of its contract, against bare DuckDB reading the same file.

    ./dev bench --sample none landing [--rows 100k,1m,10m]

Rows are made up: identity numbers with a right check digit, Chinese names and addresses, dates in three forms, amounts with
千分位, codes and labels mixed; 1 row in 10,000 is bad, 1 in 20,000 stands twice. Each measurement is a program of its own:
seconds on the clock, seconds of processors without the program's start, largest memory (maximum resident set). The ratio is of processor seconds. "Bare" is DuckDB alone, told the types by
nobody: `COPY (SELECT * FROM read_csv(file)) TO a Parquet file`; "reads" is the same without writing (max of every column).
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
from pathlib import Path

import django
import duckdb

CONTRACT = """
dataset: bench-landing
name: {zh-Hans: 落地基准, en: Bench}
columns:
  - {name: id_number, label: 公民身份号码, element: identity_number, required: true, personal: id_number, grade: 3}
  - {name: name, label: 姓名, required: true, length: [2, 30], personal: name}
  - {name: sex, label: 性别, type: code, codes: sex, required: true}
  - {name: birth_date, label: 出生日期, type: date, required: true}
  - {name: address, label: 住址, length: [4, 200], personal: address}
  - {name: phone, label: 手机, pattern: '1[0-9]{10}', personal: phone}
  - {name: marriage, label: 婚姻状况, type: code, codes: marriage}
  - {name: relief_kind, label: 救助类别, length: [1, 20]}
  - {name: amount, label: 月金额（元）, type: decimal, decimals: 2, range: [0, 100000]}
  - {name: household_size, label: 家庭人口, type: integer, range: [1, 30]}
  - {name: since, label: 起始日期, type: date, required: true}
  - {name: until, label: 截止日期, type: date}
  - {name: village_code, label: 村代码, pattern: '[0-9]{12}'}
  - {name: is_disabled, label: 是否残疾, type: boolean}
  - {name: bank, label: 开户银行, length: [2, 60]}
  - {name: card, label: 银行卡号, length: [12, 24], personal: bank_card}
  - {name: score, label: 评分, type: decimal}
  - {name: changed_at, label: 更新时间, type: datetime}
  - {name: serial, label: 流水号, type: integer, required: true}
  - {name: note, label: 备注, length: [0, 200]}
key: [id_number, serial]
cycle: monthly
"""
MACRO = """
CREATE MACRO last_of(t) AS substr('10X98765432', 1 + (7*t[1]::INT + 9*t[2]::INT + 10*t[3]::INT + 5*t[4]::INT + 8*t[5]::INT + 4*t[6]::INT + 2*t[7]::INT
 + 1*t[8]::INT + 6*t[9]::INT + 3*t[10]::INT + 7*t[11]::INT + 9*t[12]::INT + 10*t[13]::INT + 5*t[14]::INT + 8*t[15]::INT + 4*t[16]::INT + 2*t[17]::INT) % 11, 1);
"""
ROWS = """
SELECT CASE WHEN i % 10000 = 77 THEN '3.30102E+17' ELSE b || last_of(b) END AS 公民身份号码,
 ['王','李','张','刘','陈','杨','赵','黄'][1 + i % 8] || ['伟','芳','娜','秀英','敏','静','丽','强'][1 + (i // 8) % 8] AS 姓名,
 CASE WHEN i % 3 = 0 THEN ['男','女'][1 + i % 2] ELSE (1 + i % 2)::VARCHAR END AS 性别,
 CASE WHEN i % 50 = 0 THEN strftime(d, '%Y年%m月%d日') WHEN i % 20 = 0 THEN strftime(d, '%Y%m%d') ELSE strftime(d, '%Y-%m-%d') END AS 出生日期,
 '云望县望川镇' || (i % 300) || '村' || (i % 97) || '号' AS 住址, '13' || lpad((i * 7919 % 1000000000)::VARCHAR, 9, '0') AS 手机,
 ['10','20','30','40'][1 + i % 4] AS 婚姻状况, ['低保','特困','临时救助'][1 + i % 3] AS 救助类别,
 CASE WHEN i % 100 = 0 THEN '1,200.50' ELSE (i % 2000 + 0.25)::VARCHAR END AS "月金额（元）", 1 + i % 7 AS 家庭人口, strftime(DATE '2020-01-01' + (i % 2000)::INT, '%Y/%m/%d') AS 起始日期,
 CASE WHEN i % 4 = 0 THEN '2027-12-31' END AS 截止日期, '371590' || lpad((i % 1000000)::VARCHAR, 6, '0') AS 村代码, ['是','否'][1 + i % 2] AS 是否残疾, '云望农商银行' AS 开户银行,
 '6217' || lpad(i::VARCHAR, 12, '0') AS 银行卡号, round(random() * 100, 4) AS 评分, strftime(TIMESTAMP '2026-01-01' + to_seconds(i % 20000000), '%Y-%m-%d %H:%M:%S') AS 更新时间,
 CASE WHEN i % 20000 = 1 THEN i - 0 ELSE i END AS 流水号, CASE WHEN i % 5 = 0 THEN '每月核对一次' END AS 备注
FROM (SELECT i, '371590' || strftime(d, '%Y%m%d') || lpad((i % 1000)::VARCHAR, 3, '0') AS b, d FROM (SELECT i, DATE '1940-01-01' + (i * 13 % 29000)::INT AS d FROM range({n}) t(i)))
"""


def make(path: Path, rows: int) -> None:
    """Write the file."""
    con = duckdb.connect()
    con.execute("SET memory_limit = '1GB'; SET preserve_insertion_order = false; SET threads = 2")
    con.execute(MACRO)
    con.execute(f"COPY (SELECT * FROM ({ROWS.format(n=rows)}) UNION ALL SELECT * FROM ({ROWS.format(n=max(rows // 20000, 1))})) TO '{path}' (FORMAT csv, HEADER)")


def _land(path: Path, folder: Path) -> dict[str, object]:
    from yiwang.apps.datahub.lake import finishing, landing
    from yiwang.apps.datahub.lake.reading import open_file
    from yiwang.apps.datahub.queries.landing import codes
    from yiwang.apps.datahub.rules import contract as contracts

    contract = contracts.parse(CONTRACT)
    opened = open_file(path, path.name, contract.columns)
    made = landing.land(contract, opened, folder, run="bench", codes=codes.known(contract), base=finishing.Base())
    return {"in": made.rows_in, "accepted": made.accepted, "refused": len(made.refused), "duplicate": made.duplicate}


def _bare(path: Path, folder: Path, *, writes: bool) -> dict[str, object]:
    con = duckdb.connect(config={"memory_limit": "1500MB", "threads": 2, "temp_directory": str(folder / "spill"), "preserve_insertion_order": False})
    if writes:
        con.execute(f"COPY (SELECT * FROM read_csv('{path}')) TO '{folder}/bare.parquet' (FORMAT parquet)")
        return {"in": con.execute(f"SELECT count(*) FROM '{folder}/bare.parquet'").fetchone()[0]}
    return {"in": con.execute(f"SELECT count(*), max(COLUMNS(*)) FROM read_csv('{path}')").fetchone()[0]}


def one(what: str, path: Path) -> None:
    """Measure one way in this process and print it as JSON."""
    django.setup()
    if what == "landing":
        from yiwang.apps.datahub.lake import landing  # noqa: F401 - its import is no part of the measure
    with tempfile.TemporaryDirectory(dir=path.parent) as name:
        folder = Path(name)
        began, busy = time.perf_counter(), time.process_time()
        told = _land(path, folder) if what == "landing" else _bare(path, folder, writes=what == "bare")
        seconds, cpu = time.perf_counter() - began, time.process_time() - busy
    print(json.dumps({"seconds": round(seconds, 2), "cpu": round(cpu, 2), "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, **told}))


def number(text: str) -> int:
    return int(float(text.lower().replace("k", "e3").replace("m", "e6")))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.landing")
    parser.add_argument("--rows", default="100k,1m,10m")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args(sys.argv[1:])
    if options.one:
        one(options.one[0], Path(options.one[1]))
        return
    print(f"load before: {os.getloadavg()[0]:.1f}")
    print("| rows | file | what | s | CPU s | MB | rows/s | CPU ratio to bare | counts |\n|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(dir=os.environ.get("YIWANG_BENCH_DIR")) as folder:
        for text in options.rows.split(","):
            path = Path(folder) / f"{text}.csv"
            make(path, number(text))
            bare = 0.0
            for what in ("reads", "bare", "landing"):
                said = subprocess.run([sys.executable, "-m", "bench.landing", "--one", what, str(path)], capture_output=True, text=True, check=True).stdout
                found = json.loads(said.splitlines()[-1])
                bare = found["cpu"] if what == "bare" else bare
                ratio = f"{found['cpu'] / bare:.2f}" if bare else ""
                counts = " ".join(f"{k} {found[k]}" for k in ("in", "accepted", "refused", "duplicate") if k in found)
                print(f"| {text} | {path.stat().st_size >> 20} MB | {what} | {found['seconds']} | {found['cpu']} | {found['mb']} | {found['in'] / found['seconds']:,.0f} | {ratio} | {counts} |", flush=True)
            path.unlink()


if __name__ == "__main__":
    main()
