"""Transformations in the platform: computed from landed rows, landed by contract, traced on pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from yiwang.apps.datahub.lake.engine import connect
from yiwang.apps.datahub.models import Dataset, Run, TransformRun
from yiwang.apps.datahub.queries import transforms as queries
from yiwang.apps.datahub.queries.landing import relation
from yiwang.apps.datahub.rules.transforms.shipped import FOLDER, texts_in
from yiwang.apps.datahub.services import landing
from yiwang.apps.datahub.services import transforms as services
from yiwang.apps.datahub.tests.hub import make_dataset
from yiwang.kernel.base.actor import system
from yiwang.kernel.base.errors import NotFound, NotPermitted

ONE, TWO = "371592199001010017", "371592195505050028"


def deliver(code: str, text: str, folder: Path) -> Run:
    path = folder / f"{code}.csv"
    path.write_text(text, encoding="utf-8")
    run = landing.land(system("test"), Dataset.objects.get(code=code), path)
    assert run.state == "done", run.error
    return run


@pytest.fixture
def relief(world: Any, tmp_path: Path) -> Any:
    texts = texts_in(FOLDER)
    for code in ("civil-relief", "relief-payment", "relief-paid", "relief-by-town", "relief-by-month"):
        make_dataset(world.orgs["bureau-civil"], code, code, text=texts[code])
    for code in ("social-pension", "relief-and-pension"):
        make_dataset(world.orgs["bureau-health"], code, code, text=texts[code])
    deliver("civil-relief", f"公民身份号码,姓名,救助类别\n{ONE},甲,低保\n{TWO},乙,特困\n", tmp_path)
    deliver("relief-payment", f"流水号,公民身份号码,镇街,发放日期,金额（元）\n1,{ONE},南山镇,2026-10-05,500\n2,{ONE},南山镇,2026-11-05,520\n3,{TWO},云溪乡,2026-11-05,600\n", tmp_path)
    return world


def rows(code: str) -> list[dict[str, Any]]:
    with connect() as con:
        found = relation(con, code)
        return sorted((dict(zip(found.columns, row, strict=True)) for row in found.fetchall()), key=str)


def test_results_land_by_contract_once_and_again_when_something_new_landed(relief: Any, tmp_path: Path) -> None:
    assert services.run_due()
    made = TransformRun.objects.get()
    assert (made.state, made.engine, set(made.results)) == ("done", "duckdb", {"relief-paid", "relief-by-town", "relief-by-month"})  # the third waits for pensions
    assert [(r["town"], r["persons"], str(r["amount"])) for r in rows("relief-by-town")] == [("云溪乡", 1, "600.00"), ("南山镇", 1, "1020.00")]
    assert [(r["town"], r["month"], r["change"] and str(r["change"])) for r in rows("relief-by-month")] == [("云溪乡", "2026-11", None), ("南山镇", "2026-10", None), ("南山镇", "2026-11", "20.00")]
    assert not services.run_due()  # nothing new landed
    runs = Run.objects.filter(source="transform").count()
    services.run()
    assert Run.objects.filter(source="transform").count() == runs  # the same rows of the same inputs land once
    deliver("social-pension", f"公民身份号码,月份,金额（元）\n{ONE},2026-11,2300\n{TWO},2026-11,900\n", tmp_path)
    assert services.run_due()
    (both,) = rows("relief-and-pension")  # two bureaus' rows against each other
    assert (both["id_number"], both["month"], str(both["relief"]), str(both["pension"])) == (ONE, "2026-11", "520.00", "2300.00")


def test_a_wrong_model_of_the_installation_changes_nothing(relief: Any, tmp_path: Path, settings: Any) -> None:
    services.run()
    before = rows("relief-by-town")
    own = tmp_path / "models"
    own.mkdir()
    settings.LAKE = {**settings.LAKE, "models": str(own)}
    (own / "relief-by-town.sql").write_text("SELECT no_such_column AS town FROM relief_paid", encoding="utf-8")
    failed = services.run()
    assert (failed.state, failed.why) == ("failed", "datahub.transform.failed")
    assert "relief-by-town" in failed.why_text
    assert rows("relief-by-town") == before
    (own / "relief-by-town.sql").write_text("DROP TABLE relief_paid", encoding="utf-8")
    assert "not-select" in queries.definitions()[1]["models"]


def test_spark_absent_is_one_sentence_and_nothing_is_lost(relief: Any, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from yiwang.apps.datahub.lake.transforms import spark

    monkeypatch.setattr(spark, "absent", lambda: "pyspark")
    settings.LAKE = {**settings.LAKE, "engine": "spark"}
    made = services.run()
    assert (made.state, made.why, Run.objects.filter(source="transform").count()) == ("failed", "datahub.engine.absent", 0)


def test_a_column_is_followed_both_ways_and_other_bodies_are_not_named(relief: Any) -> None:
    owner = relief.actor("data_owner")
    made = queries.lineage(owner, "civil-relief", "id_number")
    assert {(e["code"], e["column"], e["hidden"]) for _depth, e in made["below"]} >= {("relief-paid", "sex", False), ("relief-by-town", "persons", False), ("", "", True)}
    steward = queries.lineage(relief.actor("data_steward"), "civil-relief", "id_number")
    assert ("relief-and-pension", "id_number") in {(e["code"], e["column"]) for _depth, e in steward["below"]}
    up = queries.lineage(owner, "relief-by-town", "oldest_birth_year")["above"]
    assert {(e["code"], e["column"]) for _depth, e in up} == {("relief-paid", "birth_year"), ("civil-relief", "id_number")}
    with pytest.raises(NotFound):
        queries.lineage(owner, "social-pension")
    with pytest.raises(NotPermitted):
        services.ask(owner)
    page = relief.client("data_owner").get("/data/models/").content.decode()
    assert "relief-by-town" in page
    assert "relief-and-pension" not in page
    page = relief.client("data_owner").get("/data/lineage/civil-relief/?column=id_number").content.decode()
    assert "relief-and-pension" not in page
