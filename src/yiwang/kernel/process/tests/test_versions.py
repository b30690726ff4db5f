"""Published versions: kept once, numbered, never changed, read once in a process."""

import pytest
from django.db import DatabaseError, connection, transaction

from yiwang.kernel.process import engine, publish, queries
from yiwang.kernel.process.models import DecisionVersion, ImmutableError, ProcessVersion
from yiwang.kernel.process.tests.samples import END, START, bpmn, dmn, user

ONE = bpmn(START + user("a") + END, ["start > a", "a > end"])
TWO = bpmn(START + user("b") + END, ["start > b", "b > end"])
TABLE = dmn("FIRST", ["kind"], ["org"], [["-", '"x"']])

pytestmark = pytest.mark.django_db


def test_versions_are_numbered_and_the_same_content_is_kept_once():
    first = publish.store_process("t.one", ONE, by="管理员")
    second = publish.store_process("t.one", TWO, by="管理员")
    again = publish.store_process("t.one", ONE, by="somebody else")
    other = publish.store_process("t.other", ONE, by="管理员")
    assert [(v.code, v.number, v.created_by_name) for v in (first, second, again, other)] == [
        ("t.one", 1, "管理员"), ("t.one", 2, "管理员"), ("t.one", 1, "管理员"), ("t.other", 1, "管理员"),
    ]  # fmt: skip
    assert again.pk == first.pk
    assert ProcessVersion.objects.filter(code="t.one").count() == 2


def test_a_version_cannot_be_changed_in_python():
    version = publish.store_decisions("t.one", TABLE, by="x")
    version.dmn = "<other/>"
    with pytest.raises(ImmutableError):
        version.save()
    with pytest.raises(ImmutableError):
        version.delete()
    assert DecisionVersion.objects.get(pk=version.pk).dmn == TABLE.decode()


@pytest.mark.parametrize("statement", ["UPDATE {} SET number = 9", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
@pytest.mark.parametrize("model", [ProcessVersion, DecisionVersion])
def test_a_version_cannot_be_changed_in_the_database(model, statement):
    publish.store_process("t.one", ONE, by="x")
    publish.store_decisions("t.one", TABLE, by="x")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(model._meta.db_table))
    assert model.objects.get(code="t.one").number == 1


def test_the_definition_of_a_pair_is_read_once_and_costs_no_query(django_assert_num_queries):
    process = publish.store_process("t.one", ONE, by="x")
    tables = publish.store_decisions("t.one", TABLE, by="x")
    with django_assert_num_queries(0):
        definition = queries.definition(process, tables)
        assert queries.definition(process, tables) is definition
    assert set(definition.tables) == {"route"}
    assert queries.definition(process) is not definition
    assert [s.spec for s in engine.steps_of(definition)] == ["a"]
