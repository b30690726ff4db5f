"""Check a process and its decision tables, and keep them as versions that never change."""

import hashlib
from typing import TypeVar

from django.db import connection, transaction

from yiwang.kernel.process.checking import outcomes_in, steps, validate, validate_decisions
from yiwang.kernel.process.models import DecisionVersion, ProcessVersion, Version

__all__ = ["outcomes_in", "steps", "store_decisions", "store_process", "validate", "validate_decisions"]

AnyVersion = TypeVar("AnyVersion", bound=Version)


def store_process(code: str, bpmn: bytes, *, by: str) -> ProcessVersion:
    """Keep a diagram as the next version of ``code``; the same content again gives the version that has it.

    The caller has asked ``validate`` before, together with the tables that belong to it.
    """
    return _store(ProcessVersion, code, bpmn, by, "bpmn")


def store_decisions(code: str, dmn: bytes, *, by: str) -> DecisionVersion:
    """Keep a file of decision tables as the next version of ``code``."""
    return _store(DecisionVersion, code, dmn, by, "dmn")


@transaction.atomic
def _store(kind: type[AnyVersion], code: str, content: bytes, by: str, field: str) -> AnyVersion:
    digest = hashlib.sha256(content).hexdigest()
    with connection.cursor() as cursor:  # two people publishing at once get two numbers
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"{kind._meta.db_table}:{code}"])
    versions = kind._default_manager.filter(code=code)
    if same := versions.filter(sha256=digest).first():
        return same
    number = versions.count() + 1
    return kind._default_manager.create(
        code=code, number=number, sha256=digest, created_by_name=by[:120], **{field: content.decode("utf-8")}
    )
