"""What is counted while it happens, in a file of each process that all share, so that any web process can tell the sum.

The files lie in `settings.METRICS_DIR` (prometheus_client's multiprocess mode, docs/adr/0022); they are named by machine and
process number, because containers that share a folder do not share their numbers. What can be asked of the database at
any moment (open tasks, queues) is not counted here but read when somebody looks: see `observing`.
"""

import logging
import os
import socket
from pathlib import Path

from django.conf import settings

log = logging.getLogger("yiwang.metrics")


def _shared_folder() -> str:
    """Make the folder; empty when that is not allowed (then each process counts for itself)."""
    folder = Path(os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(settings.METRICS_DIR)))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return str(folder)
    except OSError:
        pass
    del os.environ["PROMETHEUS_MULTIPROC_DIR"]
    log.warning("counters are not shared: the folder cannot be written", extra={"facts": {"folder": str(folder)}})
    return ""


FOLDER = _shared_folder()  # before the import: the library looks once

from prometheus_client import Counter, Histogram, values  # noqa: E402

if FOLDER:
    _machine = socket.gethostname().replace("_", "-")[:60]
    values.ValueClass = values.MultiProcessValue(process_identifier=lambda: f"{_machine}-{os.getpid()}")

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3.0, 10.0)

# Every one has a label: a file is opened at the first use, so that a command that counts nothing leaves none behind.
REQUESTS = Counter("yiwang_requests", "Requests answered.", ["route", "method", "status"])
REQUEST_SECONDS = Histogram("yiwang_request_seconds", "Time to answer.", ["route"], buckets=BUCKETS)
REFUSALS = Counter("yiwang_refusals", "Requests refused with a reason, by its code.", ["code"])
UPLOADS_REFUSED = Counter("yiwang_uploads_refused", "Files refused, by reason.", ["reason"])
SIGN_IN_FAILURES = Counter("yiwang_sign_in_failures", "Sign-ins that failed.", ["door"])
JOBS = Counter("yiwang_jobs", "Jobs run.", ["task", "result"])
JOB_SECONDS = Histogram("yiwang_job_seconds", "Time of a job.", ["task"], buckets=(0.1, 0.5, 1, 5, 30, 120, 600, 3600))
EVENTS_HANDED_ON = Counter("yiwang_events_handed_on", "Events that the relay gave to a consumer.", ["consumer"])
LINES_SEALED = Counter("yiwang_lines_sealed", "Lines of the record sealed.", ["stream"])
OUTGOING = Counter("yiwang_outgoing_requests", "Requests to other systems.", ["purpose", "result"])
COUNTED = (REQUESTS, REQUEST_SECONDS, REFUSALS, UPLOADS_REFUSED, SIGN_IN_FAILURES, JOBS, JOB_SECONDS, EVENTS_HANDED_ON, LINES_SEALED, OUTGOING)


def refused(code: str) -> None:
    """Count a refusal; those of files also under their own name."""
    REFUSALS.labels(code=code).inc()
    if code.startswith("files."):
        UPLOADS_REFUSED.labels(reason=code.removeprefix("files.")).inc()
