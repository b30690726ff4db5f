"""Jobs of files: sweep what nobody claimed, every hour; scan what waits for the virus check."""

from procrastinate.contrib.django import app

from yiwang.kernel.files import services


@app.periodic(cron="17 * * * *")
@app.task(name="files.sweep", queue="default", queueing_lock="files.sweep", pass_context=False)
def sweep(timestamp: int) -> None:
    """Remove unclaimed uploads older than a day and bytes without a row."""
    services.sweep()


@app.periodic(cron="*/5 * * * *")
@app.task(name="files.scan_waiting", queue="default", queueing_lock="files.scan_waiting", pass_context=False)
def scan_waiting(timestamp: int) -> None:
    """Scan files that were taken in while the scanner was away."""
    services.scan_waiting()
