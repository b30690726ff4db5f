"""Jobs of the right to know."""

from procrastinate.contrib.django import app

from yiwang.apps.datahub.services import jobs


@app.periodic(cron="41 2 * * *")
@app.task(name="datahub.readers", queue="default", queueing_lock="datahub.readers")
def readers(timestamp: int) -> None:
    """Bring what is known of readers up to date: their own names, numbers and homes, as keyed hashes."""
    jobs.refresh_readers()
