"""The hash of a closed result: over its definitions, its rows and the facts it counted, in one fixed form."""

import hashlib
import json
from datetime import UTC

from yiwang.kernel.indicators.models import Result, ResultMember, ResultRow


def hash_of(result: Result) -> str:
    """Return the SHA-256 of a result as it lies in the database."""
    digest = hashlib.sha256()
    head = {"scheme": result.scheme, "period": result.period, "version": result.version, "area": result.area_path,
            "as_of": result.as_of.astimezone(UTC).isoformat(), "catalogue": result.catalogue, "reason": result.reason}  # fmt: skip
    digest.update(_line(head))
    fields = ("kind", "key", "name", "measures", "figures", "points", "score", "grade", "rank")
    for row in ResultRow.objects.filter(result=result).order_by("kind", "key").values(*fields):
        digest.update(_line(row))
    members = ResultMember.objects.filter(result=result).order_by("source", "fact_id")
    for source, fact, case, key, hits, amounts in members.values_list("source", "fact_id", "case_id", "object_key", "hits", "amounts").iterator(5000):
        digest.update(_line([source, fact, case, key, sorted(hits), amounts]))
    return digest.hexdigest()


def _line(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
