"""Jobs of landing and quality."""

from procrastinate.contrib.django import app

from yiwang.apps.datahub.services import jobs


@app.task(name="datahub.land", queue="default")
def land(run_id: int) -> None:
    """Land a large delivery."""
    jobs.land(run_id)


@app.task(name="datahub.quality", queue="default")
def quality(dataset_id: int) -> None:
    """Run the quality rules over many rows."""
    jobs.check_quality(dataset_id)


@app.periodic(cron="7 * * * *")
@app.task(name="datahub.resume", queue="default", queueing_lock="datahub.resume")
def resume(timestamp: int) -> None:
    """Go on with deliveries that a killed program left."""
    jobs.resume()


@app.periodic(cron="23 8 * * *")
@app.task(name="datahub.urge", queue="default", queueing_lock="datahub.urge")
def urge(timestamp: int) -> None:
    """Urge bureaus whose refused rows are overdue."""
    jobs.urge()


@app.periodic(cron="41 3 * * *")
@app.task(name="datahub.sweep", queue="default", queueing_lock="datahub.sweep")
def sweep(timestamp: int) -> None:
    """Remove files of the lake that nothing names any more."""
    jobs.sweep()
