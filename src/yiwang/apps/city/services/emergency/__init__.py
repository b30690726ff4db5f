"""Emergencies (应急): raising a case, its tasks and messages, the log, the end.

A case is raised by the kernel's verb `escalate`, from whatever door; the hooks here make the emergency in its transaction.
"""

from yiwang.apps.city.services.emergency.plans import load_preplans
from yiwang.apps.city.services.emergency.raising import after_escalate, before_escalate, raise_case
from yiwang.apps.city.services.emergency.running import assign, end, finish, say, tell

__all__ = ["after_escalate", "assign", "before_escalate", "end", "finish", "load_preplans", "raise_case", "say", "tell"]
