"""Taking data out: every export of every app goes through here, is marked, and stands on record."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from yiwang.kernel.audit.services import record
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.files.exports import marks
from yiwang.kernel.files.exports.contracts import Exported, Stamp, Table

ACTION = "export.taken"
# A telephone or identity number in a search is a personal value; codes of areas have 6, 9, 12 or 15 digits.
_PERSONAL_NUMBER = re.compile(r"(?<!\d)(\d{7,8}|\d{11}|\d{17}[\dXx])(?!\d)")


@transaction.atomic
def take(
    actor: Actor, *, what: str, tables: Sequence[Table], filters: Mapping[str, str], words: str = "", form: str = "xlsx",
    name: str = "export",
) -> Exported:
    """Return the file with its marks; who took what, by which filters and how many rows goes on record.

    The caller has asked for the permission. `what` names the kind of rows ("city.case"), `words` the filters for people,
    `form` is xlsx, csv or json.
    """  # fmt: skip
    moment = now().astimezone(ZoneInfo(settings.TIME_ZONE))
    number = marks.new_number(moment.date())
    stamp = Stamp(
        number=number, name=actor.name, post=actor.post_name, at=moment, words=words,
        hidden=marks.hidden(number, settings.SEAL_KEY),
    )  # fmt: skip
    # openpyxl: 25 MB that a process needs once somebody takes something out
    from yiwang.kernel.files.exports import writing

    content = writing.WRITERS[form](tables, stamp)
    record(actor, action=ACTION, data={
        "what": what, "number": number, "form": form, "rows": sum(len(t.rows) for t in tables), "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "filters": {key: _PERSONAL_NUMBER.sub("…", value) for key, value in filters.items()},
    })  # fmt: skip
    return Exported(name=f"{name}-{number}.{form}", content=content, content_type=writing.TYPES[form], number=number)
