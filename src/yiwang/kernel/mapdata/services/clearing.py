"""What nobody goes on with is cleared: files after a week, staged rows after the time in which an import may be undone."""

import time
from datetime import timedelta

from yiwang.kernel.base.clock import now
from yiwang.kernel.geography.models import ImportBatch, ImportRow, ImportState
from yiwang.kernel.mapdata.services.receiving import folder, path_of

WAITING_DAYS, UNDO_DAYS = 7, 30
_OPEN = (ImportState.READING, ImportState.MAPPING, ImportState.CHECKING, ImportState.CHECKED, ImportState.FAILED)


def clear() -> dict[str, int]:
    """Return how many imports were discarded and how many staged rows removed."""
    old = list(ImportBatch.objects.filter(state__in=_OPEN, made_at__lt=now() - timedelta(days=WAITING_DAYS)))
    for batch in old:
        batch.rows.all().delete()
        batch.state = ImportState.DISCARDED
        batch.save()
        path_of(batch).unlink(missing_ok=True)
    border = now() - timedelta(days=UNDO_DAYS)
    rows, _by = ImportRow.objects.filter(batch__state=ImportState.DONE, batch__brought_in_at__lt=border).delete()
    more, _by = ImportRow.objects.filter(batch__state=ImportState.UNDONE).delete()
    known = {str(uid) for uid in ImportBatch.objects.filter(state__in=(*_OPEN, ImportState.BRINGING)).values_list("uid", flat=True)}
    if folder().is_dir():
        for path in folder().iterdir():
            if path.name not in known and path.stat().st_mtime < time.time() - 86400:  # a young one may belong to a row not yet committed
                path.unlink(missing_ok=True)
    return {"discarded": len(old), "rows": rows + more}
