"""Jobs of transformations."""

from procrastinate.contrib.django import app

from yiwang.apps.datahub.services import transforms


@app.task(name="datahub.transform", queue="default")
def transform(trigger: str) -> None:
    """Run the models."""
    transforms.run(trigger=trigger)


@app.periodic(cron="*/20 * * * *")
@app.task(name="datahub.transform_due", queue="default", queueing_lock="datahub.transform_due", lock="datahub.transform")
def transform_due(timestamp: int) -> None:
    """Run the models when something they read has landed."""
    transforms.run_due()
