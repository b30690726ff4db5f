"""Comparing a bureau's kept receipts with the log of calls."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from yiwang.apps.datahub.models.share import SharingGrant
from yiwang.apps.datahub.queries.share import requests as queries
from yiwang.apps.datahub.rules.share import signing
from yiwang.apps.datahub.services.share import sealing
from yiwang.kernel.base.errors import BadInput


@dataclass(frozen=True)
class Verified:
    """One grant's receipts against its log. `forged`: receipts whose signature is not that of the grant's present key."""

    grant: str
    key_id: str
    compared: signing.Compared
    forged: tuple[int, ...]


def verify(path: Path) -> list[Verified]:
    """Compare a file of receipts (one JSON object a line, or answers that hold a `receipt`) with the log, grant by grant.

    Raises
    ------
    BadInput
        The file holds no receipts, or of a grant that is none.
    """
    by_grant: dict[str, list[dict[str, Any]]] = {}
    try:
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip():
                found = json.loads(line)
                found = found.get("receipt", found)
                by_grant.setdefault(str(found["grant"]), []).append(found | {"seq": int(found["seq"])})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput.one("file", "format", _("This file holds no receipts: one JSON object a line is expected.")) from error
    made = []
    for uid, kept in sorted(by_grant.items()):
        try:
            grant = SharingGrant.objects.get(uid=uid)
        except (SharingGrant.DoesNotExist, ValueError) as error:
            raise BadInput.one("file", "grant", _("There is no grant of this number: %(uid)s") % {"uid": uid}) from error
        lines = [queries.line_of(c, str(grant.uid)) for c in queries.calls_of(grant).order_by("seq").iterator()]
        key = sealing.unseal("grant", grant.sealed) if grant.sealed else None
        forged = [r["seq"] for r in kept if key is not None and signing.sign(key, signing.plain({k: r.get(k) for k in signing.RECEIPT if k != "mac"})) != r.get("mac")]
        made.append(Verified(str(grant.uid), grant.key_id, signing.compare(kept, lines), tuple(forged)))
    return made
