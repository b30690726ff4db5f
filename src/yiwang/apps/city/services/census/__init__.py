"""Census of components (专项普查): ordering it, answering for a part, accepting what was found.

`answer` is the one door for what an inspector says of a component, from a page as from the phone.
"""

from yiwang.apps.city.services.census.answering import Receipt, answer
from yiwang.apps.city.services.census.deciding import decide
from yiwang.apps.city.services.census.life import (
    after_action,
    after_open,
    before_action,
    end_part,
    prepare,
    states_of,
    task_scope,
)
from yiwang.apps.city.services.census.ordering import LEAD, MATTER, ORDER, TASK, Plan, give_to, order, place_name, plan
from yiwang.apps.city.services.census.sheets import export_summary, numbers

__all__ = [
    "LEAD", "MATTER", "ORDER", "TASK", "Plan", "Receipt", "after_action", "after_open", "answer", "before_action", "decide", "end_part",
    "export_summary", "give_to", "numbers", "order", "place_name", "plan", "prepare", "states_of", "task_scope",
]  # fmt: skip
