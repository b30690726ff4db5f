"""Jobs of messages: send what waits, every minute."""

from procrastinate.contrib.django import app

from yiwang.kernel.notices import services


@app.periodic(cron="* * * * *")
@app.task(name="notices.deliver", queue="default", queueing_lock="notices.deliver", pass_context=False)
def deliver(timestamp: int) -> None:
    """Send until nothing is due."""
    while sum(services.deliver().values()):
        pass
