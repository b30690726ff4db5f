"""The leader's phone (领导移动督办): five pages for a thumb; they work on the desk too."""

from yiwang.apps.city.pages.leader.decide import decide_one, decide_page
from yiwang.apps.city.pages.leader.follow import follow_page, order_page
from yiwang.apps.city.pages.leader.press import press_page
from yiwang.apps.city.pages.leader.today import red_page, today_page
from yiwang.apps.city.pages.leader.week import week_page

__all__ = ["decide_one", "decide_page", "follow_page", "order_page", "press_page", "red_page", "today_page", "week_page"]
