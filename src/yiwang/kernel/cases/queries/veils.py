"""Who must not learn whose name (双盲): the matter says which steps, the case says who stands on which side."""

from collections.abc import Iterable
from dataclasses import replace

from yiwang.kernel.base.actor import Actor, ActorKind
from yiwang.kernel.cases import config as configs
from yiwang.kernel.cases.models import Case, CaseActor, Task
from yiwang.kernel.cases.queries.clocks import ClockLine
from yiwang.kernel.cases.queries.story import StoryLine

HIDDEN = "hidden"  # the kind of an actor whose name the reader must not learn
_NAMING = ("to", "to_name", "from_name", "departments", "why", "org", "device")


def hidden_steps(actor: Actor, case: Case) -> frozenset[str]:
    """Return the steps whose hands the reader must not know; empty for everybody who stands on neither side. Three queries at most.

    On a side stands whoever had a hand in its step or has it before him, and, for a department's step, whoever sees the case
    by his body alone.
    """
    config = configs.of_version(case.matter_version_id)
    pairs = config.blind()
    if not pairs or actor.kind in (ActorKind.SYSTEM, ActorKind.IMPORTER):
        return frozenset()
    known = {*pairs, *(step for others in pairs.values() for step in others)}
    own: set[str] = set()
    if actor.account_id is not None:
        own |= set(CaseActor.objects.filter(case=case, account_id=actor.account_id, step__in=known).values_list("step", flat=True))
        own |= set(Task.all_modes.filter(case=case, account_id=actor.account_id, state="open", step__in=known).values_list("step", flat=True))
    if not any(not s.org_path and case.area_path.startswith(s.area_path) for s in actor.scopes(config.permission("view"))):
        own |= {step for step in known if config.is_department(step)}
    found = {other for step in own for other in pairs.get(step, ())}
    found |= {step for step, others in pairs.items() if own & set(others)}
    return frozenset(found - own)


def hides_department(case: Case, hidden: frozenset[str]) -> bool:
    """Say whether the body that handles is among what is hidden."""
    config = configs.of_version(case.matter_version_id)
    return any(config.is_department(step) for step in hidden)


def veil_story(lines: Iterable[StoryLine], case: Case, hidden: frozenset[str]) -> list[StoryLine]:
    """Take names out of the record: of who acted in a hidden step, wherever he acts, and of bodies where one is hidden."""
    if not hidden:
        return list(lines)
    people = set(CaseActor.objects.filter(case=case, step__in=hidden).values_list("account_id", flat=True))
    bodies = hides_department(case, hidden)
    found = []
    for line in lines:
        named = {k: v for k, v in line.data.items() if k not in _NAMING}
        if line.step in hidden or (line.actor_id is not None and line.actor_id in people):
            line = replace(line, actor_kind=HIDDEN, actor_id=None, actor_name="", post_name="", organization={}, on_behalf_of="", data=named, lon=None, lat=None)
        elif bodies and ("departments" in line.data or "org" in line.data):
            line = replace(line, data=named)
        found.append(line)
    return found


def veil_clocks(lines: Iterable[ClockLine], case: Case, hidden: frozenset[str]) -> list[ClockLine]:
    """Take names out of the clocks' history."""
    if not hidden:
        return list(lines)
    bodies = hides_department(case, hidden)
    return [
        replace(line, organization={} if bodies else line.organization, changes=tuple(replace(c, by="") for c in line.changes))
        for line in lines
    ]

