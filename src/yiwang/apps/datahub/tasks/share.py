"""Jobs of sharing."""

from procrastinate.contrib.django import app

from yiwang.apps.datahub.services.share import ticking


@app.periodic(cron="*/15 * * * *")
@app.task(name="datahub.share.tick", queue="default", queueing_lock="datahub.share.tick", pass_context=False)
def tick(timestamp: int) -> None:
    """Urge what is overdue, end grants, tell of reviews and unusual use, delete what was delivered and is over."""
    ticking.tick()
