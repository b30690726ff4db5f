"""Jobs of reporting by form."""

from procrastinate.contrib.django import app

from yiwang.apps.datahub.services import forms


@app.periodic(cron="11 * * * *")
@app.task(name="datahub.form_urge", queue="default", queueing_lock="datahub.form_urge")
def form_urge(timestamp: int) -> None:
    """Open the next periods, then remind who has not handed in."""
    forms.open_rounds()
    forms.urge()
