"""Jobs of judging: bulletins that plans owe, looked for four times an hour."""

from procrastinate.contrib.django import app

from yiwang.kernel.indicators.services import bulletins


@app.periodic(cron="*/15 * * * *")
@app.task(name="indicators.bulletins", queue="default", queueing_lock="indicators.bulletins", pass_context=False)
def send_bulletins(timestamp: int) -> None:
    bulletins.send_due()
