"""Jobs for what no event causes (imports, prints, OCR), named by string so that no import cycle arises."""

import logging
import time
from collections.abc import Callable
from typing import Any

from procrastinate.contrib.django import app

from yiwang.kernel.base import logs, metrics

log = logging.getLogger("yiwang.jobs")
REQUEST_ID = "_request_id"  # an argument that the worker takes away again before the task sees it


def enqueue(task: str, *, queue: str = "default", lock: str | None = None, **arguments: Any) -> int:
    """Defer a job on Django's own connection: a rolled-back change leaves no job. Returns the job id.

    The job carries the id of the request that asked for it, so that its log lines are found with the request's.
    """
    if asked_by := logs.request_id():
        arguments[REQUEST_ID] = asked_by
    return int(app.configure_task(task, queue=queue, lock=lock, allow_unknown=True).defer(**arguments))


def observed(call_next: Callable[[], Any], context: Any, worker: Any) -> Any:
    """Run a job with its number and its request's id on every line; one line when it ends, however it ends."""
    job = context.job
    asked_by = job.task_kwargs.pop(REQUEST_ID, "") if isinstance(job.task_kwargs, dict) else ""
    began, result = time.perf_counter(), "failed"
    with logs.bound(request_id=str(asked_by)[:64], job=job.id):
        try:
            answer = call_next()
            result = "done"
            return answer
        except Exception:
            log.exception("job failed", extra={"facts": {"task": job.task_name, "attempt": job.attempts + 1}})
            raise
        finally:
            took = time.perf_counter() - began
            metrics.JOBS.labels(task=job.task_name, result=result).inc()
            metrics.JOB_SECONDS.labels(task=job.task_name).observe(took)
            log.info("job", extra={"facts": {"task": job.task_name, "result": result, "ms": round(took * 1000)}})


def on_app_ready(app: Any) -> None:
    """Procrastinate's PROCRASTINATE_ON_APP_READY: every worker observes its jobs and forgets those that went well."""
    defaults = app.worker_defaults
    defaults["task_middleware"] = [observed, *(defaults.get("task_middleware") or [])]
    defaults.setdefault("delete_jobs", "successful")  # a line in the log remains; the table holds what waits and what failed
