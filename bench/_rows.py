"""Raw SQL with the same rows: what one operation of the platform left behind, written again by plain INSERTs.

`Snapshot` reads every row of one case from every table that has any. `Script` turns the difference of two snapshots
into statements: one INSERT for each new row, one UPDATE for each changed one, with keys and uids of their own.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

import psycopg
from django.conf import settings
from django.contrib.gis.db.models import GeometryField
from django.db import connection, models
from psycopg import sql
from psycopg.types.json import Jsonb

Row = dict[str, Any]
Key = tuple[str, Any]  # table, primary key


def connect() -> psycopg.Connection[Any]:
    """Open a connection of the running role, like the platform's own."""
    config = settings.DATABASES["default"]
    return psycopg.connect(
        host=str(config["HOST"]), port=str(config["PORT"]), dbname=str(config["NAME"]), user=str(config["USER"]),
        password=str(config.get("PASSWORD") or "") or None, options="-c role=yiwang_app -c timezone=UTC -c jit=off",
    )  # fmt: skip


def _models() -> list[type[models.Model]]:
    """Return the tables that hold rows of a case, in the order in which rows may be written."""
    from yiwang.apps.city.models import CityCase
    from yiwang.kernel.audit.models import Event
    from yiwang.kernel.base.models import IdempotentRequest
    from yiwang.kernel.cases import models as cases

    names = ("Case", "Report", "EngineState", "CaseOrg", "CaseActor", "Task", "Clock", "ClockChange", "Timer", "Party", "CaseParty")
    return [*(getattr(cases, n) for n in names), CityCase, Event, IdempotentRequest]


def _generated(model: type[models.Model]) -> set[str]:
    """Return the columns that the database fills in by itself."""
    return {"position", "xid"} if model._meta.db_table.endswith("audit_event") else set()


def _columns(model: type[models.Model]) -> list[models.Field[Any, Any]]:
    return [f for f in model._meta.concrete_fields if f.column not in _generated(model)]


def _where(model: type[models.Model], case_id: int, key: str) -> tuple[str, list[Any]]:
    name = model.__name__
    if name == "Case":
        return "id = %s", [case_id]
    if name == "ClockChange":
        return "clock_id IN (SELECT id FROM yw_cases_clock WHERE case_id = %s)", [case_id]
    if name == "Party":
        return "id IN (SELECT party_id FROM yw_cases_caseparty WHERE case_id = %s)", [case_id]
    if name == "IdempotentRequest":
        return "key = %s", [key]
    return "case_id = %s", [case_id]


class Snapshot:
    """All rows of a case: {(table, key): row}. Geometry is EWKT, so that it can be written back."""

    def __init__(self, case_id: int, key: str) -> None:
        self.rows: dict[Key, Row] = {}
        with connection.cursor() as cursor:
            for model in _models():
                fields, table = _columns(model), model._meta.db_table
                wanted = ", ".join(f"ST_AsEWKT({f.column})" if isinstance(f, GeometryField) else f'"{f.column}"' for f in fields)
                where, values = _where(model, case_id, key)
                order = "position" if "position" in {f.column for f in model._meta.concrete_fields} else "1"
                cursor.execute(f"SELECT {wanted} FROM {table} WHERE {where} ORDER BY {order}", values)
                for found in cursor.fetchall():
                    row = dict(zip((f.column for f in fields), found, strict=True))
                    self.rows[table, row.get("id", row.get("uid", row.get("case_id")))] = row


def _adapt(model: type[models.Model], row: Mapping[str, Any]) -> Row:
    as_json = {f.column for f in model._meta.concrete_fields if isinstance(f, models.JSONField)}
    return {
        c: (Jsonb(v if not isinstance(v, str) else json.loads(v)) if c in as_json and v is not None else v)
        for c, v in row.items() if c != "search"
    }  # fmt: skip


class Script:
    """The statements of one operation. `run` executes them in one transaction, for a case of its own or a given one."""

    def __init__(self, before: Snapshot | None, after: Snapshot) -> None:
        self.inserts: list[tuple[type[models.Model], Row]] = []
        self.updates: list[tuple[type[models.Model], Row, list[str]]] = []
        self.deletes: list[tuple[type[models.Model], Any]] = []
        known = before.rows if before else {}
        for model in _models():
            table = model._meta.db_table
            for key, row in after.rows.items():
                if key[0] != table:
                    continue
                if key not in known:
                    self.inserts.append((model, _adapt(model, row)))
                elif changed := [c for c, v in row.items() if known[key][c] != v and c != "search"]:
                    self.updates.append((model, _adapt(model, row), changed))
            self.deletes += [(model, key[1]) for key in known if key[0] == table and key not in after.rows]

    def __str__(self) -> str:
        return f"{len(self.inserts)} INSERT, {len(self.updates)} UPDATE, {len(self.deletes)} DELETE"

    def insert(self, cursor: psycopg.Cursor[Any], renamed: dict[Key, Any]) -> None:
        """Write the new rows; `renamed` maps (table, old key) to the key of this run."""
        for model, row in self.inserts:
            fresh = _fresh(model, row, renamed)
            own = fresh.pop("id", None)
            names = list(fresh)
            statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
                sql.Identifier(model._meta.db_table), sql.SQL(", ").join(map(sql.Identifier, names)),
                sql.SQL(", ").join(sql.Placeholder() * len(names)),
            )
            if own is None:
                cursor.execute(statement, list(fresh.values()))
                continue
            cursor.execute(sql.SQL("{} RETURNING id").format(statement), list(fresh.values()))
            found = cursor.fetchone()
            assert found is not None
            renamed[model._meta.db_table, own] = found[0]

    def change(self, cursor: psycopg.Cursor[Any], renamed: dict[Key, Any]) -> None:
        """Write the changed rows again, column by column that changed, and take out those that went."""
        for model, row, changed in self.updates:
            table = model._meta.db_table
            primary = model._meta.pk.column  # type: ignore[union-attr]
            fresh = _fresh(model, row, renamed)
            key = renamed.get((table, row[primary]), fresh[primary])
            columns = sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(c)) for c in changed)
            cursor.execute(
                sql.SQL("UPDATE {} SET {} WHERE {} = %s").format(sql.Identifier(table), columns, sql.Identifier(primary)),
                [*(fresh[c] for c in changed), key],
            )
        for model, old in self.deletes:
            table = model._meta.db_table
            cursor.execute(
                sql.SQL("DELETE FROM {} WHERE {} = %s").format(
                    sql.Identifier(table), sql.Identifier(model._meta.pk.column)  # type: ignore[union-attr]
                ),
                [renamed.get((table, old), old)],
            )


def _fresh(model: type[models.Model], row: Mapping[str, Any], renamed: Mapping[Key, Any]) -> Row:
    """Return the row with keys, uids and the request's key of this run."""
    found = dict(row)
    for field in model._meta.concrete_fields:
        if field.column not in found:
            continue
        value = found[field.column]
        if isinstance(field, models.ForeignKey) and value is not None:
            target = field.related_model._meta.db_table
            found[field.column] = renamed.get((target, value), value)
        elif field.column == "case_id" and value is not None:  # the record has no foreign keys
            found["case_id"] = renamed.get(("yw_cases_case", value), value)
        elif field.column == "uid":
            found["uid"] = uuid.uuid4()
        elif field.column == "key" and model.__name__ == "IdempotentRequest":
            found["key"] = uuid.uuid4().hex
    return found


def place_query(cursor: psycopg.Cursor[Any], lon: float, lat: float) -> None:
    """Ask what the platform asks of a point, in its own statement."""
    from yiwang.kernel.geography.queries import places

    statement = places._SQL.format(point=places._POINT, of_class="")
    cursor.execute(statement, {"lon": lon, "lat": lat, "roots": None, "asset_class": "", "asset_m": 200.0, "address_m": 300.0})
    cursor.fetchone()
