"""Jobs of backups: every night one, cleared and proved; on Sundays every file opened; the measure of age every ten minutes."""

from django.conf import settings
from procrastinate.contrib.django import app

from yiwang.kernel.backup import queries, services
from yiwang.kernel.backup.services import log
from yiwang.kernel.backup.services.watching import write_metrics
from yiwang.kernel.backup.stores import open_store


@app.periodic(cron=settings.BACKUP_CRON)
@app.task(name="backup.nightly", queue="default", queueing_lock="backup.nightly", lock="backup")
def nightly(timestamp: int) -> None:
    """Back up, clear what BACKUP_KEEP does not keep, and prove the new one where its key is (a sample of the files)."""
    made = services.run()
    services.prune()
    if settings.BACKUP_IDENTITY:
        services.verify(made.id, files="sample")
    write_metrics()


@app.periodic(cron=settings.BACKUP_VERIFY_CRON)
@app.task(name="backup.weekly_proof", queue="default", queueing_lock="backup.weekly_proof", lock="backup")
def weekly_proof(timestamp: int) -> None:
    """Open every file of the newest backup, where its key is."""
    if settings.BACKUP_IDENTITY:
        services.verify("latest")


@app.task(name="backup.run", queue="default", lock="backup")
def run(run_id: int) -> None:
    """Do the backup that somebody asked for on the page."""
    services.run(row=queries.runs().get(pk=run_id))
    write_metrics()


@app.task(name="backup.verify", queue="default", lock="backup")
def verify(run_id: int) -> None:
    """Do the verification that somebody asked for; all of the database, a sample of the files."""
    row = queries.runs().get(pk=run_id)
    services.verify(row.backup, row=row, files="sample")


@app.periodic(cron="*/10 * * * *")
@app.task(name="backup.watch", queue="default", queueing_lock="backup.watch")
def watch(timestamp: int) -> None:
    """Write the age of the last good backup for monitoring, and tell the administrators when it is too old."""
    services.watch()


@app.task(name="backup.ship_log", queue="default", queueing_lock="backup.ship_log", lock="backup.ship_log")
def ship_log(timestamp: int) -> None:
    """Send the finished pieces of the server's log."""
    log.ship()


@app.task(name="backup.base", queue="default", queueing_lock="backup.base", lock="backup")
def base(timestamp: int) -> None:
    """Copy the whole server, and clear the log before the oldest kept copy."""
    log.make_base()
    log.prune_log(open_store(settings.BACKUP_STORE))


if settings.WAL_ARCHIVE:  # where the log is not kept, no job a minute is made for nothing
    app.periodic(cron="* * * * *")(ship_log)
    app.periodic(cron=settings.BACKUP_BASE_CRON)(base)
