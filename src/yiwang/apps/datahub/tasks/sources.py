"""Jobs of sources: read by their schedule, watched for delay."""

from procrastinate.contrib.django import app

from yiwang.apps.datahub.services import sources


@app.task(name="datahub.pull", queue="default")
def pull(source_id: int, trigger: str) -> None:
    """Read one source."""
    sources.pull(source_id, trigger=trigger)


@app.periodic(cron="* * * * *")
@app.task(name="datahub.pull_due", queue="default", queueing_lock="datahub.pull_due", pass_context=False)
def pull_due(timestamp: int) -> None:
    """Have read every source whose time has come."""
    sources.run_due()


@app.periodic(cron="*/10 * * * *")
@app.task(name="datahub.watch_delays", queue="default", queueing_lock="datahub.watch_delays", pass_context=False)
def watch_delays(timestamp: int) -> None:
    """Tell which sources are late."""
    sources.watch_delays()
