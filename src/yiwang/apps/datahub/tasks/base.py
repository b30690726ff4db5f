"""Jobs of the base databases."""

from procrastinate.contrib.django import app

from yiwang.apps.datahub.services import base_jobs


@app.periodic(cron="10 17 * * *")  # UTC: ten past one at night in China
@app.task(name="datahub.base_locks", queue="default", queueing_lock="datahub.base_locks", pass_context=False)
def end_locks(timestamp: int) -> None:
    """Let the rules decide again where a value was fixed by hand until yesterday."""
    base_jobs.end_locks()


@app.periodic(cron="30 17 * * *")
@app.task(name="datahub.base_link", queue="default", queueing_lock="datahub.base_link", pass_context=False)
def link_population(timestamp: int) -> None:
    """Compare all persons with the weights that the base itself teaches."""
    base_jobs.link_population()


@app.task(name="datahub.base_rebuild", queue="default", pass_context=False)
def rebuild(kind: str) -> None:
    """Make all golden records of a base anew, by the rules of now."""
    base_jobs.rebuild_all(kind)
