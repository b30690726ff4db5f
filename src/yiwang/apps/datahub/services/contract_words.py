"""What is wrong with a contract or a quality rule, in words for who wrote it. The words of the file itself (YAML) stay as they are written."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from yiwang.apps.datahub.rules.faults import Fault


def place(fault: Fault) -> str:
    """Return where in the file it is."""
    said: dict[str, Callable[[], str]] = {
        "file": lambda: _("The file as a whole"),
        "line": lambda: _("Line %(at)s") % {"at": fault.at},
        "column": lambda: _("Column %(at)s") % {"at": fault.at},
        "rule": lambda: _("Rule %(at)s") % {"at": fault.at},
    }
    return said[fault.place]() if fault.place in said else fault.where


def fault(found: Fault) -> str:
    """Return what is wrong there."""
    v: dict[str, Any] = found.values
    said: dict[str, Callable[[], str]] = {
        "no_yaml": lambda: _("is not YAML"),
        "no_contract": lambda: _("holds no contract"),
        "no_code": lambda: _("wants small letters, digits and hyphens, beginning with a letter"),
        "none": lambda: _("has none"),
        "too_many": lambda: _("has more than %(most)s") % v,
        "twice": lambda: _("is named twice"),
        "no_column": lambda: _("%(word)s is no column") % {"word": v.get("word", found.at)},
        "unknown": lambda: _("%(word)s is none of %(known)s") % {"word": v.get("word", found.place), "known": v["known"]},
        "wanted_by_upsert": lambda: _("is wanted by landing: upsert"),
        "no_mapping": lambda: _("has no words with values"),
        "no_name": lambda: _("wants a name of small letters, digits and _, beginning with a letter"),
        "type_unknown": lambda: _("%(word)s is none of %(known)s") % {"word": "type", **v},
        "personal_unknown": lambda: _("%(word)s is none of %(known)s") % {"word": "personal", **v},
        "no_pattern": lambda: _("pattern is no regular expression"),
        "no_codes": lambda: _("is a code and names no code list (codes)"),
        "words_unknown": lambda: _("has unknown words: %(words)s") % v,
        "no_grade": lambda: _("grade is 1, 2, 3 or 4"),
        "no_pair": lambda: _("%(word)s wants two numbers") % v,
        "pair_backwards": lambda: _("%(word)s ends before it begins") % v,
        "wants": lambda: _("wants %(word)s") % v,
        "no_when": lambda: _("when wants {column, is}"),
        "no_number": lambda: _("these are numbers: %(words)s") % v,
        "out_of_range": lambda: _("has limits: %(words)s") % v,
        "no_select": lambda: _("query is one SELECT"),
        "other_data_set": lambda: _("is the contract of another data set; this one is %(wanted)s") % v,
        "steward_alone": lambda: _("A declared SQL over several data sets is written by the data steward alone."),
    }
    return said[found.code]() if found.code in said else found.what


def not_run(why: str) -> str:
    """Return why a rule could not run."""
    if why.startswith("more_than:"):
        return _("more than %(most)s rows") % {"most": why.partition(":")[2]}
    said = {"no_select": _("query is one SELECT"), "too_long": _("it took too long")}
    return said.get(why, why)
