"""Whoever holds the database, even as superuser, cannot change the record without being named by the verification."""

import json
import threading
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import connections, transaction

from yiwang.kernel.audit import queries, rules, sealing, services, verifying
from yiwang.kernel.audit.errors import SealsDisagree
from yiwang.kernel.audit.models import Event, Seal
from yiwang.kernel.audit.tests.conftest import named
from yiwang.kernel.base import actor as actors

pytestmark = pytest.mark.committed
TABLE = "yw_audit_event"


def positions(case_id: int) -> list[int]:
    return [e.position for e in queries.events_of_case(case_id)]


def rewritten(position: int, **changes: Any) -> dict[str, Any]:
    """Return the line's columns with changes and a hash that fits them: what a careful attacker writes."""
    row = Event.all_modes.filter(position=position).values(*services.EVENT_COLUMNS).get() | changes
    return row | {"hash": rules.event_hash(row)}


def test_altered_line_is_named(record_of_three, attacker):
    at = positions(2)[1]
    attacker(f"UPDATE {TABLE} SET to_state = 'closed' WHERE position = %s", [at])
    report = verifying.verify()
    assert named(report) == {("altered", at)}
    fault = report.faults[0]
    assert (fault.case_id, fault.seq, fault.seal) == (2, 2, 1)
    assert "does not fit its hash" in fault.detail
    assert report.vouched_until is None  # the fault is in the first seal


@pytest.mark.parametrize(
    ("column", "value"),
    [("occurred_at", "2020-01-01T00:00Z"), ("data", '{"n": 2, "x": 1.25}'), ("actor_name", "x"), ("lon", 116.1),
     ("mode", "trial"), ("xid", "3"), ("prev_hash", b"\0" * 32), ("on_behalf_of_id", 4), ("step", " ")],
)  # fmt: skip
def test_every_column_counts(record_of_three, attacker, column, value):
    at = positions(2)[1]
    attacker(f"UPDATE {TABLE} SET {column} = %s WHERE position = %s", [value, at])
    assert ("altered", at) in named(verifying.verify())


def test_removed_line_is_named_and_later_seals_are_not_vouched(record_of_three, attacker):
    at = positions(1)[2]
    first = Seal.objects.filter(stream="event").order_by("number").first()
    attacker(f"DELETE FROM {TABLE} WHERE position = %s", [at])
    report = verifying.verify()
    assert ("removed", at) in named(report)
    assert any(f.kind == "removed" and (f.case_id, f.seq) == (1, 3) for f in report.faults)
    assert (report.vouched_position, report.vouched_until) == (first.upto_position, first.sealed_at)


def test_removed_last_line_of_a_case_and_line_without_case(record_of_three, attacker):
    last = positions(3)[-1]
    alone = Event.objects.get(action="sign_out").position
    attacker(f"DELETE FROM {TABLE} WHERE position IN (%s, %s)", [last, alone])
    report = verifying.verify()
    assert {("removed", last), ("removed", alone)} <= named(report)
    assert any(f.kind == "removed" and (f.case_id, f.seq) == (3, 4) for f in report.faults)


def put_in(attacker: Any, source: Event, position: int, **changes: Any) -> dict[str, Any]:
    """Insert a copy of a line under another uid with a hash that fits."""
    row = rewritten(source.position, action="forged", **changes)
    columns = [c for c in services.EVENT_COLUMNS if c not in ("uid", "hash", "action")]
    attacker(
        f"INSERT INTO {TABLE} ({', '.join(columns)}, uid, hash, action, position) SELECT {', '.join(columns)}, "
        f"%s, %s, 'forged', %s FROM {TABLE} WHERE position = %s",
        [row["uid"], row["hash"], position, source.position],
    )
    return row


def test_inserted_line_is_named(record_of_three, attacker):
    source = Event.objects.get(action="sign_in")
    put_in(attacker, source, 0, uid="01900000-0000-7000-8000-000000000002")
    assert named(verifying.verify()) == {("inserted", 0)}


def test_inserted_into_the_gap_that_a_rolled_back_change_left(ledger, seal_everything, attacker):
    ledger.write(None, "before")
    with transaction.atomic():
        services.record(actors.system(), action="never")
        transaction.set_rollback(True)
    ledger.write(None, "after")
    seal_everything()
    source, after = Event.objects.get(action="before"), Event.objects.get(action="after")
    assert after.position == source.position + 2
    put_in(attacker, source, source.position + 1, uid="01900000-0000-7000-8000-000000000002")
    assert named(verifying.verify()) == {("inserted", source.position + 1)}


@pytest.mark.parametrize("uid", ["01000000-0000-7000-8000-000000000001", "ffffffff-0000-7000-8000-000000000001"])
def test_inserted_with_a_taken_number_does_not_accuse_the_true_line(record_of_three, attacker, uid):
    put_in(attacker, Event.objects.get(action="sign_in"), Event.objects.get(action="sign_in").position, uid=UUID(uid))
    assert [(f.kind, f.uid) for f in verifying.verify().faults] == [("inserted", uid)]


def test_reordered_lines_are_named(record_of_three, attacker):
    a, b = Event.objects.get(action="sign_in").position, positions(1)[0]
    attacker(f"UPDATE {TABLE} SET position = -1 WHERE position = %s", [a])
    attacker(f"UPDATE {TABLE} SET position = %s WHERE position = %s", [a, b])
    attacker(f"UPDATE {TABLE} SET position = %s WHERE position = -1", [b])
    report = verifying.verify()
    assert {("reordered", a), ("reordered", b)} <= named(report)
    assert f"was sealed as line {b}" in next(
        f.detail for f in report.faults if f.position == a and f.kind == "reordered"
    )


def test_line_moved_to_another_number_is_named_once(record_of_three, attacker):
    at = Event.objects.get(action="sign_out").position
    attacker(f"UPDATE {TABLE} SET position = 0 WHERE position = %s", [at])
    assert named(verifying.verify()) == {("reordered", 0)}


def test_rewritten_chain_with_fitting_hashes_and_heads_is_named(record_of_three, attacker):
    """The strongest attack: content, all later hashes and the case's own head recomputed; only the seals remain."""
    before = b""
    touched = positions(2)[1:]
    for at in touched:
        row = rewritten(at, **({"outcome": "forged"} if not before else {"prev_hash": before}))
        before = row["hash"]
        attacker(
            f"UPDATE {TABLE} SET outcome = %s, prev_hash = %s, hash = %s WHERE position = %s",
            [row["outcome"], row["prev_hash"], row["hash"], at],
        )
    record_of_three.heads[2] = type(record_of_three.heads[2])(4, before)
    report = verifying.verify()
    assert named(report) == {("altered", at) for at in touched}
    assert "rewritten" in report.faults[0].detail


def test_unsealed_line_altered_with_good_hash_is_caught_by_the_case(record_of_three, attacker):
    record_of_three.write(1, "reopen")
    at = positions(1)[-1]
    row = rewritten(at, action="forged")
    attacker(f"UPDATE {TABLE} SET action = %s, hash = %s WHERE position = %s", ["forged", row["hash"], at])
    report = verifying.verify()
    assert [(f.kind, f.case_id) for f in report.faults] == [("wrong_head", 1)]
    assert report.vouched_position == at - 1


def test_truncated_table_names_every_line(record_of_three, attacker):
    sealed = {e.position for e in Event.objects.all()}
    attacker(f"TRUNCATE {TABLE}")
    report = verifying.verify()
    assert {("removed", p) for p in sealed} <= named(report)
    assert {f.case_id for f in report.faults if f.case_id} == {1, 2, 3}
    assert report.vouched_until is None


def test_access_log_is_sealed_too(record_of_three, attacker):
    attacker("UPDATE yw_audit_accesslog SET purpose = 'nothing'")
    assert [(f.stream, f.kind) for f in verifying.verify().faults] == [("access", "altered")]
    attacker("DELETE FROM yw_audit_accesslog")
    assert [(f.stream, f.kind) for f in verifying.verify().faults] == [("access", "removed")]


def test_an_access_that_names_its_case_belongs_to_no_chain(record_of_three, seal_everything, attacker):
    services.log_access(actors.system("test"), party_id=5, fields=["phone"], purpose="call back", case_id=2, case_uid=record_of_three.uids[2])
    seal_everything()
    report = verifying.verify()
    assert (report.ok, report.lines) == (True, 16)
    attacker("UPDATE yw_audit_accesslog SET case_id = 3 WHERE case_id = 2")
    assert [(f.stream, f.kind) for f in verifying.verify().faults] == [("access", "altered")]


def test_altered_and_forged_seals_are_named(record_of_three, attacker):
    attacker("UPDATE yw_audit_seal SET count = count + 1 WHERE number = 1 AND stream = 'event'")
    assert {(f.kind, f.seal) for f in verifying.verify().faults} == {("seal_altered", 1)}
    seal = Seal.objects.get(stream="event", number=1)
    forged = rules.seal_hash(sealing.header(seal))  # hash fits again, but nobody without the key makes the signature
    attacker(
        "UPDATE yw_audit_seal SET hash = %s, mac = %s WHERE id = %s", [forged, rules.seal_mac("guess", forged), seal.pk]
    )
    assert ("seal_altered", 1) in {(f.kind, f.seal) for f in verifying.verify().faults}


def test_removed_seals_are_named_by_the_next_and_by_the_copy_outside(record_of_three, attacker):
    attacker("DELETE FROM yw_audit_seal WHERE number = 1 AND stream = 'event'")
    report = verifying.verify()
    assert ("seal_removed", 1) in {(f.kind, f.seal) for f in report.faults}
    assert report.vouched_until is None
    attacker("DELETE FROM yw_audit_seal WHERE stream = 'event'")
    attacker(f"TRUNCATE {TABLE}")
    record_of_three.heads.clear()
    faults = verifying.verify().faults
    assert [(f.kind, f.seal) for f in faults] == [("seal_removed", 2)]
    assert "1 to 2" in faults[0].detail


def test_sealing_stops_rather_than_overwrite_the_evidence(record_of_three, attacker):
    attacker("DELETE FROM yw_audit_seal WHERE number = 2 AND stream = 'event'")
    before = sealing.outside_path().read_text()
    with pytest.raises(SealsDisagree) as refused:
        sealing.seal_all()
    assert (refused.value.stream, refused.value.number) == ("event", 2)
    assert sealing.outside_path().read_text() == before
    assert Seal.objects.filter(stream="event").count() == 1


def test_copy_outside_lost_or_forged_is_named(record_of_three):
    path = sealing.outside_path()
    body = json.loads(path.read_text())
    body["event"]["hash"] = "00" * 32
    path.write_text(json.dumps(body))
    assert [f.kind for f in verifying.verify().faults] == ["outside_altered"]
    path.unlink()
    assert {f.kind for f in verifying.verify().faults} == {"outside_missing"}


def test_a_restored_backup_is_accepted_on_record(record_of_three, attacker, seal_everything):
    """A backup that lacks the last seal and its lines: refused at first, then taken up again with a reason."""
    first = Seal.objects.get(stream="event", number=1)
    attacker(f"DELETE FROM {TABLE} WHERE position > %s", [first.upto_position])
    attacker("DELETE FROM yw_audit_seal WHERE number > 1 OR stream = 'access'")
    attacker("TRUNCATE yw_audit_accesslog")
    for case_id in (1, 2, 3):
        ref = queries.events_of_case(case_id).last()
        record_of_three.heads[case_id] = type(record_of_three.heads[1])(ref.case_seq, bytes(ref.hash))
    with pytest.raises(SealsDisagree):
        sealing.seal_all()
    call_command("audit", "restored", reason="disk failed", stdout=StringIO())
    seal_everything()
    assert verifying.verify().ok
    assert Event.objects.get(action="audit.restored").data["outside"]["event"]["number"] == 2


def test_the_command_says_it_in_words_and_in_json(record_of_three, attacker):
    out = StringIO()
    call_command("audit", "verify", stdout=out)
    assert "The record is whole." in out.getvalue()
    assert "15 lines, 3 cases and 3 seals" in out.getvalue()
    at = positions(2)[1]
    attacker(f"UPDATE {TABLE} SET to_state = 'closed' WHERE position = %s", [at])
    out = StringIO()
    with pytest.raises(CommandError, match="1 faults"):
        call_command("audit", "verify", json=True, stdout=out)
    said = json.loads(out.getvalue())
    assert said["ok"] is False
    assert [(f["kind"], f["position"]) for f in said["faults"]] == [("altered", at)]


def test_event_written_while_verifying_is_no_fault(record_of_three):
    """Heads and lines are read in one snapshot: what commits between them is seen by neither."""
    plain = verifying._head_sources[0]

    def write() -> None:
        with transaction.atomic():
            services.record(actors.system(), action="meanwhile")
        connections.close_all()

    def late() -> Any:
        thread = threading.Thread(target=write)
        thread.start()
        thread.join(20)
        return list(plain())

    verifying._head_sources[:] = [late]
    report = verifying.verify()
    assert (report.ok, report.lines) == (True, 15)
    assert Event.objects.filter(action="meanwhile").exists()


def test_a_dropped_month_names_every_line_in_it(record_of_three, attacker):
    """Partitions are dropped only after their seal root was exported; dropped otherwise, the seals still name each line."""
    [(partition,)] = attacker(
        "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = %s::regclass "
        f"AND EXISTS (SELECT 1 FROM {TABLE} e WHERE e.tableoid = c.oid)", [TABLE],
    ).fetchall()  # fmt: skip
    sealed = {e.position for e in Event.objects.all()}
    attacker(f"DROP TABLE {partition}")
    report = verifying.verify()
    assert {("removed", p) for p in sealed} <= named(report)
    assert report.vouched_until is None


def test_a_detached_month_is_as_gone_as_a_dropped_one(record_of_three, attacker):
    name = f"{TABLE}_{Event.objects.first().recorded_at:%Y_%m}"
    attacker(f"ALTER TABLE {TABLE} DETACH PARTITION {name}")
    assert sum(f.kind == "removed" and f.position is not None for f in verifying.verify().faults) == 14
    attacker(f"ALTER TABLE {name} RENAME TO hidden_away")
    assert not verifying.verify().ok


def test_a_whole_case_removed_with_its_head_is_named_by_the_seals(record_of_three, attacker):
    gone = positions(2)
    attacker(f"DELETE FROM {TABLE} WHERE case_id = 2")
    record_of_three.heads.pop(2)
    assert named(verifying.verify()) == {("removed", at) for at in gone}


def test_everything_rewritten_from_some_point_on_without_the_key_is_named(record_of_three, attacker):
    """Lines, chains, heads, leaves, roots and hashes of the seals recomputed: only key and copy outside remain."""
    at = positions(1)[0]
    row = rewritten(at, outcome="forged")
    attacker(f"UPDATE {TABLE} SET outcome = 'forged', hash = %s WHERE position = %s", [row["hash"], at])
    before, previous = row["hash"], b""
    for later in positions(1)[1:]:
        line = rewritten(later, prev_hash=before)
        attacker(f"UPDATE {TABLE} SET prev_hash = %s, hash = %s WHERE position = %s", [before, line["hash"], later])
        before = line["hash"]
    record_of_three.heads[1] = type(record_of_three.heads[1])(4, before)
    for seal in Seal.objects.filter(stream="event").order_by("number"):
        lines = Event.all_modes.filter(position__gt=seal.after_position, position__lte=seal.upto_position).order_by("position")
        leaves = [(e.position, e.xid, bytes(e.hash)) for e in lines]
        seal.leaves, seal.root, seal.previous = rules.pack_leaves(leaves), rules.merkle_root(leaves), previous
        previous = rules.seal_hash(sealing.header(seal))
        attacker(
            "UPDATE yw_audit_seal SET leaves = %s, root = %s, previous = %s, hash = %s, mac = %s WHERE id = %s",
            [seal.leaves, seal.root, bytes(seal.previous), previous, rules.seal_mac("guess", previous), seal.pk],
        )
    faults = {(f.kind, f.seal) for f in verifying.verify().faults}
    assert faults == {("seal_altered", 1), ("seal_altered", 2)}
    assert verifying.verify().vouched_until is None


def test_who_has_the_key_as_well_is_betrayed_by_the_copy_outside(record_of_three, attacker, settings):
    """A thief of the key signs a rewritten last seal: the copy that left the machine knows the true one."""
    seal = Seal.objects.filter(stream="event").order_by("-number").first()
    gone = Event.objects.get(action="sign_out")
    attacker(f"DELETE FROM {TABLE} WHERE position = %s", [gone.position])
    lines = Event.all_modes.filter(position__gt=seal.after_position, position__lte=seal.upto_position).order_by("position")
    leaves = [(e.position, e.xid, bytes(e.hash)) for e in lines]
    seal.leaves, seal.root, seal.count, seal.total = rules.pack_leaves(leaves), rules.merkle_root(leaves), len(leaves), seal.total - 1
    digest = rules.seal_hash(sealing.header(seal))
    attacker(
        "UPDATE yw_audit_seal SET leaves = %s, root = %s, count = %s, total = %s, hash = %s, mac = %s WHERE id = %s",
        [seal.leaves, seal.root, seal.count, seal.total, digest, rules.seal_mac(settings.SEAL_KEY, digest), seal.pk],
    )
    faults = [(f.kind, f.seal) for f in verifying.verify().faults]
    assert faults == [("seal_altered", 2)]
    with pytest.raises(SealsDisagree):
        sealing.seal_all()


@pytest.mark.parametrize("statement", [
    "UPDATE {t} SET outcome = 'x'", "DELETE FROM {t}", "TRUNCATE {t}", "DROP TABLE {t}", "ALTER TABLE {t} DISABLE TRIGGER ALL",
    "UPDATE yw_audit_seal SET count = 0", "DELETE FROM yw_audit_seal", "SET session_replication_role = replica",
    "SELECT setval('{t}_position', 1)",
])  # fmt: skip
def test_the_running_role_can_do_none_of_it(record_of_three, committed, statement):
    import psycopg

    with committed.connect("yiwang_app") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement.format(t=TABLE))
    assert verifying.verify().ok


def test_verifications_are_kept_for_the_page_and_say_what_was_wrong(record_of_three, attacker):
    from yiwang.kernel.audit.models import Verification

    call_command("audit", "verify", stdout=StringIO())
    attacker(f"UPDATE {TABLE} SET to_state = 'closed' WHERE position = %s", [positions(2)[1]])
    assert not verifying.verify_and_keep("nightly").ok
    whole, broken = Verification.objects.order_by("pk")
    assert (whole.fault_count, whole.lines, whole.faults) == (0, 15, [])
    assert (broken.fault_count, broken.by) == (1, "nightly")
    assert broken.faults[0].startswith("altered: event line")
