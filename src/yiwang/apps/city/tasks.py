"""Jobs of city management: what is too slow for a request."""

from procrastinate.contrib.django import app

from yiwang.apps.city import services


@app.task(name="city.match_scene", queue="default", retry=3)
def match_scene(case_id: int) -> None:
    """Compare the photos before and after (同一场景比对)."""
    services.match_scene(case_id)
