"""Jobs of files: sweep what nobody claimed, every hour."""

from procrastinate.contrib.django import app

from yiwang.kernel.files import services


@app.periodic(cron="17 * * * *")
@app.task(name="files.sweep", queue="default", queueing_lock="files.sweep", pass_context=False)
def sweep(timestamp: int) -> None:
    """Remove unclaimed uploads older than a day and bytes without a row."""
    services.sweep()
