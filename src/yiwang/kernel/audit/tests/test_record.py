"""Writing lines: what is refused, what the chain holds, that nobody changes a line, that months are made."""

import math
import uuid
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from yiwang.kernel.audit import queries, rules, services
from yiwang.kernel.audit.contracts import CaseRef, ChainHead
from yiwang.kernel.audit.models import AccessLog, Event
from yiwang.kernel.base.actor import Actor, ActorKind, importer, system
from yiwang.kernel.base.uid import uuid7

CASE = CaseRef(41, uuid7(), "1.2.", 7, "city.problem")
CLERK = Actor(
    kind=ActorKind.PERSON, account_id=5, name="张三", post_id=3, post_name="受理员", org_id=7, on_behalf_of_id=9,
    request_id="r-1",
)  # fmt: skip


@pytest.mark.django_db
def test_a_line_says_who_what_where_and_continues_the_chain():
    first = services.record(CLERK, action="file", case=CASE, chain=ChainHead(), to_state="filed", point=(116.0, 36.45))
    second = services.record(CLERK, action="dispatch", case=CASE, chain=first.chain, data={"to": {"org": 3}})
    a, b = queries.events_of_case(41)
    assert (a.actor_kind, a.actor_id, a.actor_name, a.post_id, a.on_behalf_of_id) == ("person", 5, "张三", 3, 9)
    assert (a.area_path, a.case_org_id, a.matter, a.mode, a.case_uid) == ("1.2.", 7, "city.problem", "live", CASE.uid)
    assert (a.lon, a.lat, a.request_id, a.case_seq) == (116.0, 36.45, "r-1", 1)
    assert bytes(a.prev_hash) == b""
    assert bytes(b.prev_hash) == bytes(a.hash) == first.hash
    assert (second.seq, b.case_seq, b.data) == (2, 2, {"to": {"org": 3}})
    assert second.chain == ChainHead(2, second.hash)
    assert b.position > a.position


@pytest.mark.django_db
def test_the_stored_line_gives_the_same_hash_again():
    data = {
        "n": 1e20,
        "f": 0.1,
        "i": 3.0,
        "small": 1e-7,
        "neg": -0.0,
        "字": '井盖\n"破损"',
        "l": (1, None, True),
        "d": {"b": 1, "a": 2},
    }
    beijing = datetime(2026, 3, 1, 8, 0, 0, 7, tzinfo=timezone(timedelta(hours=8)))
    ref = services.record(
        CLERK, action="a", case=CASE, chain=ChainHead(), data=data, occurred_at=beijing, point=(116, 36)
    )
    row = Event.all_modes.filter(position=ref.position).values(*services.EVENT_COLUMNS).get()
    assert rules.event_hash(row) == ref.hash


def test_every_column_but_three_is_hashed():
    columns = {f.column for f in Event._meta.concrete_fields}
    assert columns - set(services.EVENT_COLUMNS) == {"position", "xid"}
    row: dict[str, Any] = dict.fromkeys(services.EVENT_COLUMNS, "x")
    assert all(
        rules.event_hash(row | {column: "y"}) != rules.event_hash(row)
        for column in services.EVENT_COLUMNS
        if column != "hash"
    )


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\x00", exclude_categories=("Cs",))),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(exclude_characters="\x00", exclude_categories=("Cs",)), max_size=5), inner, max_size=4),
    max_leaves=10,
)  # fmt: skip


@pytest.mark.django_db
@pytest.mark.filterwarnings("ignore")
def test_what_jsonb_does_to_data_never_changes_a_hash():
    from psycopg.types.json import Jsonb

    @given(json_values)
    def check(value: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT %s::jsonb", [Jsonb(rules.plain(value))])
            stored = cursor.fetchone()[0]
        import json

        back = json.loads(stored) if isinstance(stored, str) else stored
        assert rules.event_hash({"data": value}) == rules.event_hash({"data": back})

    check()


@pytest.mark.parametrize(
    "bad", [math.nan, math.inf, "a\x00b", {"x\x00": 1}, "\ud800", [[math.nan]], datetime(2026, 1, 1)]
)
def test_what_json_cannot_carry_is_refused(bad):
    with pytest.raises(ValueError):
        rules.plain({"v": bad})


@pytest.mark.django_db
def test_a_case_comes_with_its_chain():
    with pytest.raises(ValueError):
        services.record(CLERK, action="a", case=CASE)
    with pytest.raises(ValueError):
        services.record(CLERK, action="a", chain=ChainHead())
    assert not Event.all_modes.exists()


@pytest.mark.committed
def test_a_line_outside_a_transaction_is_refused():
    with pytest.raises(RuntimeError):
        services.record(CLERK, action="a")


@pytest.mark.django_db
def test_a_change_that_fails_leaves_no_line():
    with transaction.atomic():
        services.record(CLERK, action="a")
        transaction.set_rollback(True)
    assert not Event.all_modes.exists()


@pytest.mark.django_db
def test_default_manager_reads_live_lines_only():
    for mode in ("live", "trial", "imported"):
        services.record(system(), action=mode, mode=mode)
    end = queries.last_position()
    assert [e.action for e in Event.objects.all()] == ["live"]
    assert [e.action for e in queries.events_after(0, upto=end)] == ["live"]
    assert [e.action for e in queries.events_after(0, upto=end, modes=queries.ALL_MODES)] == [
        "live",
        "trial",
        "imported",
    ]


@pytest.mark.django_db
def test_copying_many_gives_the_same_chain_as_writing_one_by_one():
    moment = datetime(2026, 11, 2, tzinfo=UTC)
    other = CaseRef(42, uuid7(), "1.3.", None, "city.problem", "imported")
    rows = [
        services.line(
            importer("boston"), action=f"a{i}", case=(CASE, other)[i % 2], recorded_at=moment + timedelta(minutes=i),
            data={"i": i}, point=(116.0 + i, 36.0),
        )
        for i in range(6)
    ]  # fmt: skip
    services.ensure_partitions(moment, moment)
    chains = rules.Chains()
    assert services.record_many(iter(rows), chains=chains) == 6
    head = ChainHead()
    for row in rows[::2]:
        line = rules.chained(row, head)
        head = ChainHead(line["case_seq"], line["hash"])
    assert chains.heads[41] == head
    stored = list(queries.events_of_case(41).values(*services.EVENT_COLUMNS))
    assert [s["case_seq"] for s in stored] == [1, 2, 3]
    assert all(rules.event_hash(s) == bytes(s["hash"]) for s in stored)
    assert {e.mode for e in queries.events_of_case(42)} == {"imported"}
    # An existing case is continued, not begun again.
    more = rules.Chains({41: head})
    services.record_many([services.line(importer("boston"), action="late", case=CASE)], chains=more)
    assert queries.events_of_case(41).last().case_seq == 4
    assert bytes(queries.events_of_case(41).last().prev_hash) == head.head


@pytest.mark.django_db
def test_reading_personal_values_is_logged():
    party = uuid.uuid4()
    services.log_access(CLERK, party_id=8, party_uid=party, fields=["phone", "name"], purpose="回访", case_id=41)
    line = queries.accesses_of_party(8).get()
    assert (line.actor_name, line.field_names, line.purpose, line.party_uid) == (
        "张三",
        ["name", "phone"],
        "回访",
        party,
    )
    row = AccessLog.objects.values(*services.ACCESS_COLUMNS).get()
    assert rules.event_hash(row) == bytes(row["hash"])


@pytest.mark.committed
@pytest.mark.parametrize("user", ["yiwang_app", "yiwang_owner"])
@pytest.mark.parametrize("table", ["yw_audit_event", "yw_audit_accesslog", "yw_audit_seal"])
def test_nobody_changes_or_removes_a_line(committed, user, table):
    """The running role may not; the owner, who may alter tables, is stopped by triggers, also in a partition."""
    with transaction.atomic():
        services.record(CLERK, action="a")
        services.log_access(CLERK, party_id=1, fields=["name"], purpose="p")
    with committed.connect("postgres") as admin:
        admin.execute(
            "INSERT INTO yw_audit_seal (stream, number, after_position, upto_position, count, total, leaves, root, "
            "previous, sealed_at, hash, mac) VALUES ('event', 1, 0, 1, 1, 1, '', '', '', now(), '', '')"
        )
    part = f"{table}_{datetime.now(UTC):%Y_%m}"
    names = [table] if table == "yw_audit_seal" else [table, part]
    with committed.connect(user) as connection_of_role:
        for name in names:
            for statement in (f"UPDATE {name} SET hash = hash", f"DELETE FROM {name}", f"TRUNCATE {name}"):
                with (
                    pytest.raises(Exception, match=r"append-only|permission denied") as refused,
                    connection_of_role.transaction(),
                ):
                    connection_of_role.execute(statement)
                assert refused.value.sqlstate == "42501", statement
            assert connection_of_role.execute(f"SELECT count(*) FROM {name}").fetchone() == (1,)


@pytest.mark.committed
def test_the_running_role_cannot_undo_the_guards(committed):
    with committed.connect("yiwang_app") as app:
        for statement in (
            "ALTER TABLE yw_audit_event DISABLE TRIGGER ALL", "DROP TABLE yw_audit_event", "DELETE FROM yw_append_only",
            "INSERT INTO yw_append_only VALUES ('yw_base_idempotentrequest', true)", "SET session_replication_role = replica",
            "ALTER TABLE yw_audit_event DETACH PARTITION yw_audit_event_2026_11", "SET ROLE yiwang_owner",
            "SELECT yw_make_append_only('yw_identity_account', false)",
            "SELECT yw_ensure_partitions('yw_identity_account', '2026-01-01', '2026-02-01')",
        ):  # fmt: skip
            with pytest.raises(Exception), app.transaction():
                app.execute(statement)


@pytest.mark.django_db
def test_months_are_made_once_and_a_missing_month_is_an_error_not_a_hiding_place():
    moment = datetime(2014, 5, 31, 23, 59, tzinfo=UTC)
    old = services.line(importer("x"), action="old", recorded_at=moment)
    with pytest.raises(DatabaseError, match="no partition"), transaction.atomic():
        services.record_many([old])
    assert services.ensure_partitions(moment, datetime(2014, 8, 1, tzinfo=UTC), ["yw_audit_event"]) == 4
    assert services.ensure_partitions(date(2014, 5, 1), date(2014, 8, 31), ["yw_audit_event"]) == 0
    assert services.record_many([old]) == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM yw_audit_event WHERE action = 'old'")
        assert cursor.fetchone() == ("yw_audit_event_2014_05",)


@pytest.mark.django_db
def test_months_ahead_cover_every_partitioned_table():
    assert {"yw_audit_event", "yw_audit_accesslog"} <= set(services.partitioned_tables())
    services.partitions_ahead(14)
    assert services.partitions_ahead(14) == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("table", "first", "last"),
    [("yw_identity_account", date(2026, 1, 1), date(2026, 2, 1)), ("yw_audit_event", date(2026, 2, 1), date(2026, 1, 1)),
     ("yw_audit_event", date(1026, 2, 1), date(2026, 1, 1)), ("yw_audit_seal", date(2026, 1, 1), date(2026, 1, 1))],
)  # fmt: skip
def test_senseless_partitions_are_refused(table, first, last):
    with pytest.raises(DatabaseError), transaction.atomic():
        services.ensure_partitions(first, last, [table])
