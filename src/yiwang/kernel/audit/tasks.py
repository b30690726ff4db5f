"""Jobs of the record: watch for unusual activity, verify the whole record every night."""

from procrastinate.contrib.django import app

from yiwang.kernel.audit import verifying, watching


@app.periodic(cron="*/15 * * * *")
@app.task(name="audit.watch", queue="default", queueing_lock="audit.watch", pass_context=False)
def watch(timestamp: int) -> None:
    """Raise warnings about what was done since the last look."""
    watching.look()


@app.periodic(cron="40 3 * * *")
@app.task(name="audit.verify_nightly", queue="default", queueing_lock="audit.verify_nightly", pass_context=False)
def verify_nightly(timestamp: int) -> None:
    verifying.verify_and_keep("nightly")


@app.task(name="audit.verify", queue="default", queueing_lock="audit.verify", pass_context=False)
def verify(by: str) -> None:
    """Verify because somebody asked on the page of seals."""
    verifying.verify_and_keep(by)
