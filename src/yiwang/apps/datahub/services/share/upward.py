"""The catalogue as files: handed upward (目录上报) as xlsx or JSON with the fields of GB/T 21063, and taken in from such a file."""

import io
import json
from collections.abc import Mapping
from typing import Any
from zipfile import BadZipFile

from django.utils.translation import gettext as _
from openpyxl import load_workbook

from yiwang.apps.datahub.models import Dataset, DatasetState
from yiwang.apps.datahub.queries.share import catalogue as queries
from yiwang.apps.datahub.queries.share.rows import contract_of
from yiwang.apps.datahub.rules.share.catalogue import FIELDS, LISTS
from yiwang.apps.datahub.services.share import catalogue as services
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.cells import safe
from yiwang.kernel.base.errors import BadInput, ProblemError
from yiwang.kernel.files.exports import Column, Exported, Table, take
from yiwang.kernel.files.exports.marks import strip
from yiwang.kernel.identity.models import Organization

MOST_BYTES, MOST_ROWS = 10_000_000, 5000
_HEADS = {label: name for name, label in FIELDS.items()}


def export(actor: Actor, form: str, filters: Mapping[str, str]) -> Exported:
    """Return the published entries that the reader sees, and their columns, as a marked file that stands on record."""
    rows, items = [], []
    for dataset in queries.visible_to(actor).filter(state=DatasetState.PUBLISHED).order_by("code"):
        body = queries.body_of(dataset)
        rows.append({k: ";".join(map(str, v)) if isinstance(v, list) else v for k, v in body.items()})
        contract = contract_of(dataset)
        for n, c in enumerate(contract.columns if contract else (), 1):
            items.append({"code": dataset.code, "n": n, "name": c.label or c.name, "column": c.name, "type": c.kind, "element": c.element, "length": c.length[1] if c.length else None,
                          "key": "是" if contract and c.name in contract.key else "", "grade": c.grade})  # fmt: skip
    tables = [
        Table(title="信息资源目录", columns=[Column(key=k, label=v, carrier=k == "abstract") for k, v in FIELDS.items()], rows=_safe(rows)),
        Table(
            title="信息项", rows=_safe(items),
            columns=[Column(key=k, label=v) for k, v in {
                "code": "资源标识", "n": "序号", "name": "信息项名称", "column": "字段名", "type": "数据类型", "element": "数据元", "length": "长度", "key": "是否主键", "grade": "数据分级",
            }.items()],
        ),
    ]  # fmt: skip
    return take(actor, what="datahub.catalogue", tables=tables, filters=dict(filters), form=form, name="catalogue")


def _safe(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{k: safe(v) for k, v in row.items()} for row in rows]


def read(name: str, content: bytes) -> list[dict[str, Any]]:
    """Return the entries of a file that `export` made or that has the same heads; BadInput for any other."""
    if len(content) > MOST_BYTES:
        raise BadInput.one("file", "size", _("The file is too large."))
    try:
        found = _from_json(content) if name.lower().endswith(".json") else _from_sheet(content)
    except (ValueError, KeyError, BadZipFile, OSError, TypeError) as error:
        raise BadInput.one("file", "format", _("This is no catalogue: a sheet or JSON with the heads of GB/T 21063 is expected.")) from error
    if not found:
        raise BadInput.one("file", "empty", _("No entry was found in the file."))
    return found[:MOST_ROWS]


def _from_json(content: bytes) -> list[dict[str, Any]]:
    data = json.loads(content.decode("utf-8-sig"))
    tables: list[Any] = (data.get("tables") or data.get("rows") or []) if isinstance(data, dict) else data
    rows: list[Any] = next((t["rows"] for t in tables if isinstance(t, dict) and "rows" in t), tables)
    return [_named({str(k): v for k, v in row.items()}) for row in rows]


def _from_sheet(content: bytes) -> list[dict[str, Any]]:
    sheet = load_workbook(io.BytesIO(content), read_only=True, data_only=True).worksheets[0]
    heads: list[str] | None = None
    found = []
    for cells in sheet.iter_rows(values_only=True, max_row=MOST_ROWS + 50):
        texts = ["" if c is None else str(c).strip() for c in cells]
        if heads is None:
            heads = texts if "资源标识" in texts else None
        elif texts[heads.index("资源标识")]:
            found.append(_named(dict(zip(heads, texts, strict=False))))
    return found


def _named(row: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for head, value in row.items():
        name = _HEADS.get(head, head)
        if name in FIELDS:
            text = value if isinstance(value, list) else strip(str("" if value is None else value)).removeprefix("'")
            made[name] = [v for v in text.split(";") if v] if name in LISTS and isinstance(text, str) else text
    return made


def take_in(actor: Actor, rows: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Make drafts of entries that are not here, and changes of those that say something else; one refusal stops no other.

    Returns codes by what became of them: `new`, `changed`, `same`, and `refused` as "code: why".
    """
    told: dict[str, list[str]] = {"new": [], "changed": [], "same": [], "refused": []}
    bodies = {o.code: o for o in Organization.objects.filter(is_active=True)} | {
        o.credit_code: o for o in Organization.objects.filter(is_active=True).exclude(credit_code="")
    }
    for row in rows:
        code = str(row.get("code", "")).strip()
        known = Dataset.objects.select_related("org", "contract", "entry").filter(code=code).first()
        org = bodies.get(str(row.get("provider_code", "")))
        values = {k: v for k, v in row.items() if k not in ("code", "provider", "provider_code")}
        try:
            if known is not None:
                services.describe(actor, queries.one(actor, code), values)
                told["changed"].append(code)
            elif org is None:
                told["refused"].append(f"{code}: " + _("no body has this code"))
            else:
                services.begin(actor, code=code, org=org, values=values)
                told["new"].append(code)
        except BadInput as problem:
            same = all(e["code"] == "same" for e in problem.errors)
            told["same" if same else "refused"].append(code if same else f"{code}: {problem.errors[0]['message']}")
        except ProblemError as problem:
            told["refused"].append(f"{code}: {problem.title}")
    return told
