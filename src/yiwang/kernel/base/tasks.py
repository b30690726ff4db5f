"""Jobs of the base: a reading of the platform's figures each minute, for the status page's lines."""

from procrastinate.contrib.django import app

from yiwang.kernel.base import queue, readings


@app.periodic(cron="* * * * *")
@app.task(name="base.take_reading", queue="default", queueing_lock="base.take_reading", pass_context=False)
def take_reading(timestamp: int) -> None:
    """Keep what can be seen now; forget what is older than two days."""
    readings.take()


@app.periodic(cron="* * * * *")
@app.task(name="base.requeue_orphans", queue="default", queueing_lock="base.requeue_orphans", pass_context=False)
def requeue_orphans(timestamp: int) -> None:
    """Take up again what a killed worker left half done."""
    queue.requeue_orphans()


@app.task(name="base.nothing", queue="default", pass_context=False)
def nothing() -> None:
    """Do nothing: tells whether the queue moves, and how fast."""
