"""Writes of sources: what is set up, read, watched and judged."""

from yiwang.apps.datahub.services.sources.keeping import ask, judge_alarm, keep, pause, resume, try_out
from yiwang.apps.datahub.services.sources.pulling import pull, run_due
from yiwang.apps.datahub.services.sources.watching import watch_delays

__all__ = ["ask", "judge_alarm", "keep", "pause", "pull", "resume", "run_due", "try_out", "watch_delays"]
