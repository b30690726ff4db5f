"""Jobs for what no event causes (imports, prints, OCR), named by string so that no import cycle arises."""

from typing import Any

from procrastinate.contrib.django import app


def enqueue(task: str, *, queue: str = "default", lock: str | None = None, **arguments: Any) -> int:
    """Defer a job on Django's own connection: a rolled-back change leaves no job. Returns the job id."""
    return int(app.configure_task(task, queue=queue, lock=lock, allow_unknown=True).defer(**arguments))
