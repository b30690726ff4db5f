"""Jobs of map files: large ones are looked at, checked and brought in here; nightly what nobody goes on with is cleared."""

from procrastinate.contrib.django import app

from yiwang.kernel.geography.services.layers import fold_touches
from yiwang.kernel.mapdata.services import bringing, checking, clearing, receiving


@app.task(name="mapdata.look", queue="default", lock="mapdata")
def look(batch_id: int) -> None:
    """Say what lies in a large file."""
    receiving.look_now(batch_id)


@app.task(name="mapdata.check", queue="default", lock="mapdata")
def check(batch_id: int) -> None:
    """Read and check every row of a large file."""
    checking.check_now(batch_id)


@app.task(name="mapdata.bring", queue="default", lock="mapdata")
def bring(batch_id: int, good_only: bool) -> None:
    """Bring many rows into their layer."""
    bringing.bring_now(batch_id, good_only=good_only)


@app.task(name="mapdata.undo", queue="default", lock="mapdata")
def undo(batch_id: int) -> None:
    """Take a large import back."""
    bringing.undo_now(batch_id)


@app.periodic(cron="17 3 * * *")
@app.task(name="mapdata.clear", queue="default", queueing_lock="mapdata.clear")
def clear(timestamp: int) -> None:
    """Throw away files that nobody went on with for a week, and rows that can no longer be undone."""
    clearing.clear()


@app.periodic(cron="*/30 * * * *")
@app.task(name="mapdata.fold", queue="default", queueing_lock="mapdata.fold")
def fold(timestamp: int) -> None:
    """Add the counted changes to the layers' versions."""
    fold_touches()
