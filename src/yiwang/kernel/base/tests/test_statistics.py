"""Statistics are gathered by the running role, of what it wrote, and of nothing but tables."""

import pytest
from django.db import ProgrammingError, connection, transaction
from django.utils import timezone

from yiwang.kernel.base.models import Reading
from yiwang.kernel.base.statistics import gather

pytestmark = pytest.mark.django_db


def _known() -> float:
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE relname = %s", [Reading._meta.db_table])
        return float(cursor.fetchone()[0])


def test_the_planner_knows_what_was_just_written() -> None:
    before = Reading.objects.count()
    Reading.objects.bulk_create(Reading(at=timezone.now()) for _ in range(300))
    gather(Reading)
    assert _known() == before + 300


def test_a_name_is_a_name() -> None:
    for name in ("yw_base_reading; DROP TABLE yw_base_reading", "no_such_table"):
        with pytest.raises(ProgrammingError, match="does not exist"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT yw_gather_statistics(%s)", [[name]])
    assert Reading.objects.count() >= 0
