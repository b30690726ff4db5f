"""What people call the values that conditions name: matters, steps, channels, outcomes (条件取值的名称)."""

from django.db.models import F
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from yiwang.kernel.base import texts
from yiwang.kernel.cases import config as configs
from yiwang.kernel.cases.models import MatterVersion
from yiwang.kernel.cases.queries import names as case_names
from yiwang.kernel.indicators.rules.explaining import ValueName


def english() -> bool:
    return (get_language() or "zh").lower().startswith("en")


def value_names() -> ValueName:
    """Return a function that names values; what it does not know it leaves as it is. One query."""
    current = list(MatterVersion.objects.filter(matter__current=F("pk")).values_list("pk", "matter__code"))
    known: dict[tuple[str, str], str] = {}
    for pk, code in current:
        config = configs.of_version(pk)
        known["matter", code] = texts.pick(config.raw.get("name")) or code
        for channel in config.channels():
            known["channel", channel] = case_names.channel_label(config, channel)
        for state, line in config.raw.get("states", {}).items():
            known.setdefault(("state", state), case_names.label_of(line) or state)
        for step, line in config.raw.get("steps", {}).items():
            known.setdefault(("step", step), case_names.step_name(pk, step))
            for outcome in line.get("outcomes", {}):
                known.setdefault(("result", outcome), case_names.outcome_label(config, step, outcome) or outcome)
    for outcome, label in _outcomes().items():
        known["outcome", outcome] = label
    return lambda word, value: known.get((word, value), value)


def _outcomes() -> dict[str, str]:
    return {
        "closed": _("closed"), "forced_close": _("closed by force"), "refused": _("not filed"), "void": _("voided"), "merged": _("joined to another case"),
    }
