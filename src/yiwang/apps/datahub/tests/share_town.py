"""A granted set with rows in the lake, for tests of sharing."""

from __future__ import annotations

import time
import uuid
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.utils.timezone import localdate, now

from yiwang.apps.datahub.lake import folder_of
from yiwang.apps.datahub.models import Dataset, Run
from yiwang.apps.datahub.models.share import SharingGrant, SharingRequest
from yiwang.apps.datahub.rules.share import signing
from yiwang.apps.datahub.services.share import calls, granting, requests
from yiwang.apps.datahub.tests.hub import make_dataset

STREETS = ("望湖", "柳岸", "长桥")
COLUMNS = """
columns:
  - {name: id_number, label: 公民身份号码, element: identity_number, required: true, personal: id_number, grade: 3}
  - {name: name, label: 姓名, personal: name, grade: 2}
  - {name: born, label: 出生日期, type: date, personal: birth_date, grade: 2}
  - {name: street, label: 街道}
  - {name: amount, label: 月金额, type: decimal, unit: 元}
key: [id_number]
"""


def numbers(many: int) -> list[str]:
    return [f"37159919{50 + n % 50}0101{n:04}" for n in range(many)]


def rows(many: int = 30) -> dict[str, list[Any]]:
    """Return so many made persons; street 长桥 has two of them."""
    return {
        "id_number": numbers(many), "name": [f"王{'甲乙丙丁戊己庚辛壬癸'[n % 10]}{'子丑寅卯'[n % 4]}" for n in range(many)], "born": [f"19{50 + n % 50}-01-01" for n in range(many)],
        "street": [STREETS[2] if n < 2 else STREETS[n % 2] for n in range(many)], "amount": [500.0 + n for n in range(many)],
    }  # fmt: skip


def put(code: str, table: dict[str, list[Any]]) -> None:
    """Let these be the present rows of a set, as a run that landed would."""
    dataset, name = Dataset.objects.get(code=code), f"run-{uuid.uuid4()}.parquet"
    pq.write_table(pa.table(table), folder_of(code) / name)
    Run.objects.create(
        dataset=dataset, contract=dataset.contract, org_path=dataset.org_path, area_path=dataset.area_path, state="done", idempotency_key=name, present=[name], made_at=now(),
        ended_at=now(), rows_present=len(table["id_number"]),
    )  # fmt: skip


def make_set(world: Any, code: str = "civil-pay", **more: Any) -> Dataset:
    text = f"dataset: {code}\nname: {{zh-Hans: 低保发放}}\ncycle: monthly\n{COLUMNS}"
    made: Dataset = make_dataset(world.orgs["bureau-civil"], code, "低保发放", text=text, **{"state": "published", "sharing_reason": "按法定职责", **more})
    put(code, rows())
    return made


def wish(**more: Any) -> dict[str, Any]:
    return {
        "columns": ["id_number", "name", "street", "amount"], "purpose": "核对医疗救助对象", "duty": "医疗救助资格确认", "basis": "《社会救助暂行办法》第二十八条", "way": "api",
        "per_minute": 60, "per_day": 1000, "valid_until": localdate() + timedelta(days=100), "contact": "医保科 8000002", "promise": True,
    } | more  # fmt: skip


def asked(world: Any, dataset: Dataset, **more: Any) -> SharingRequest:
    return requests.ask(world.actor("data_owner2"), dataset, world.orgs["bureau-health"], wish(**more))


def granted(world: Any, dataset: Dataset, masks: dict[str, str] | None = None, lookups: tuple[str, ...] = (), **more: Any) -> SharingGrant:
    request = asked(world, dataset, **more)
    if request.state == "owner":
        requests.decide(world.actor("data_owner"), request, approve=True, masks=masks, lookups=lookups)
    return SharingGrant.objects.get(request=request)


class Caller:
    """A bureau's program: keeps its secret and its receipts."""

    def __init__(self, world: Any, grant: SharingGrant) -> None:
        self.key_id, self.secret = granting.show_secret(world.actor("data_owner2"), grant)
        self.code, self.receipts = grant.dataset.code, []  # type: ignore[var-annotated]

    def headers(self, path: str, query: list[tuple[str, str]], purpose: str = "YB-1", **more: Any) -> dict[str, str]:
        nonce = more.get("nonce", uuid.uuid4().hex)
        ts = str(int(time.time()) + more.get("late", 0))
        text = signing.header(self.key_id, signing.signing_key(self.secret), more.get("method", "GET"), path, query, ts, nonce, purpose)
        return {"HTTP_AUTHORIZATION": text, "HTTP_X_YIWANG_PURPOSE": purpose}

    def call(self, *query: tuple[str, str], kind: str = "rows", purpose: str = "YB-1", **more: Any) -> dict[str, Any]:
        path = f"/api/v1/data/{self.code}/{kind}"
        heads = self.headers(path, list(query), purpose, **more)
        made = calls.serve(calls.Call(
            method="GET", path=path, query=query, authorization=heads["HTTP_AUTHORIZATION"], purpose=purpose, address="10.0.0.9", dataset=self.code, kind=kind))  # fmt: skip
        self.receipts.append(made["receipt"])
        return made
