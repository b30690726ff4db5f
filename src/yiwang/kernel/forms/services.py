"""Writes of forms, and the one call that checks a report's answers."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from yiwang.kernel.base.clock import now
from yiwang.kernel.forms.contracts import FormFinding, PersonAnswers
from yiwang.kernel.forms.errors import FormRefused
from yiwang.kernel.forms.models import FormVersion
from yiwang.kernel.forms.rules import answers as checking
from yiwang.kernel.forms.rules import schema as schemas


def validate(schema: object) -> list[FormFinding]:
    """Return what keeps a definition from being published."""
    return schemas.validate(schema)


@transaction.atomic
def store(code: str, schema: Mapping[str, Any], *, by: str) -> FormVersion:
    """Keep a form as the next version of ``code``; the same content again gives the version that has it.

    Raises FormRefused when the definition is wrong; nothing is written then.
    """
    if findings := schemas.validate(schema):
        raise FormRefused(findings=tuple(str(f) for f in findings))
    content = json.dumps(schema, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    digest = hashlib.sha256(content.encode()).hexdigest()
    with connection.cursor() as cursor:  # two people publishing at once get two numbers
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"yw_forms:{code}"])
    versions = FormVersion.objects.filter(code=code)
    if same := versions.filter(sha256=digest).first():
        return same
    return FormVersion.objects.create(
        code=code, number=versions.count() + 1, schema=dict(schema), sha256=digest, created_by_name=by[:120]
    )


def clean_report(
    version: FormVersion,
    answers: Mapping[str, Any],
    language: str | None = None,
    *,
    facts: Mapping[str, Any] | None = None,
) -> tuple[dict[str, Any], PersonAnswers | None]:
    """Check a report's answers against its form.

    Returns the answers that may be stored with the case, and the personal ones as ``PersonAnswers`` (None without any).
    Raises FormErrors; nothing is written.
    """
    zone = timezone.get_default_timezone()
    cleaned = checking.clean(version.schema, answers, language, facts=facts, now=now(), zone=zone)
    plain, personal = checking.split_personal(version.schema, cleaned)
    values = checking.person_values(version.schema, personal)
    return plain, PersonAnswers(**values) if values else None
