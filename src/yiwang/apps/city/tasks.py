"""Jobs of city management: what is too slow for a request."""

from procrastinate.contrib.django import app

from yiwang.apps.city import services
from yiwang.apps.city.services import field, leader


@app.task(name="city.match_scene", queue="default", retry=3)
def match_scene(case_id: int) -> None:
    """Compare the photos before and after (同一场景比对)."""
    services.match_scene(case_id)


@app.periodic(cron="25 19 * * *")
@app.task(name="city.end_old_positions", queue="default", queueing_lock="city.end_old_positions", pass_context=False)
def end_old_positions(timestamp: int) -> None:
    """Drop the months of tracks that are older than the setting keeps them; at night, it locks the table for a moment."""
    field.end_old_months()


@app.periodic(cron="40 17 * * *")
@app.task(name="city.keep_cover", queue="default", queueing_lock="city.keep_cover", pass_context=False)
def keep_cover(timestamp: int) -> None:
    """Keep how much of each grid was walked on the days that ended; at night, when nobody walks."""
    field.keep_cover()


@app.periodic(cron="30 23 * * 0")
@app.task(name="city.send_letters", queue="default", queueing_lock="city.send_letters", pass_context=False)
def send_letters(timestamp: int) -> None:
    """Tell leaders of the week that ended (每周一信); on Monday at half past seven in China."""
    leader.send_letters()
