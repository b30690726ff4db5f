"""Jobs of the map: long files of addresses."""

from procrastinate.contrib.django import app

from yiwang.kernel.geography.services import geocoding


@app.task(name="geography.geocode_run", queue="default", pass_context=False)
def geocode_run(run_id: int, language: str = "zh-hans") -> None:
    """Look up a file of addresses; what is done stays done when the worker is killed."""
    geocoding.do_run(run_id, language)


@app.periodic(cron="40 3 * * *")
@app.task(name="geography.clear_runs", queue="default", queueing_lock="geography.clear_runs", pass_context=False)
def clear_runs(timestamp: int) -> None:
    """Forget files of addresses after a week."""
    geocoding.clear_runs()
