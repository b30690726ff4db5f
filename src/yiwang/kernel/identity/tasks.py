"""Jobs of accounts: once a day, who has not signed in for long becomes dormant, and what is over is removed."""

from procrastinate.contrib.django import app

from yiwang.kernel.base import actor as actors
from yiwang.kernel.identity.services import life, lockout, sign_ins
from yiwang.kernel.identity.sessions import SessionStore


@app.periodic(cron="35 18 * * *")  # UTC: 02:35 in China
@app.task(name="identity.daily", queue="default", queueing_lock="identity.daily", pass_context=False)
def daily(timestamp: int) -> None:
    """Dormant accounts, sessions that are over, counts, devices and codes that mean nothing any more."""
    life.make_dormant(actors.system("identity.daily"))
    SessionStore.clear_expired()
    lockout.sweep()
    sign_ins.sweep()
