"""What quality rules, dimensions and grades are called."""

from django.utils.translation import gettext as _


def dimensions() -> dict[str, str]:
    return {
        "conformity": _("Conformity"), "completeness": _("Completeness"), "accuracy": _("Accuracy"), "consistency": _("Consistency"), "timeliness": _("Timeliness"),
        "accessibility": _("Accessibility"),
    }  # fmt: skip


def kinds() -> dict[str, str]:
    return {
        "type": _("has the agreed type"), "length": _("has the agreed length"), "regex": _("has the agreed form"), "codes": _("is in the code list"),
        "identity": _("is a right identity number"), "credit_code": _("is a right social credit code"), "not_null": _("is filled in"),
        "not_null_when": _("is filled in where it must be"), "expected_count": _("as many rows as expected"), "missing_periods": _("no period is missing"),
        "range": _("lies within its limits"), "birth_matches_id": _("birth date agrees with the identity number"), "sex_matches_id": _("sex agrees with the identity number"),
        "unique": _("stands once"), "outlier": _("is no outlier"), "compare": _("agrees with another column"), "depends": _("one key, one value"),
        "foreign_key": _("is known to the other data set"), "same_value": _("has the same value in the other data set"), "absent_in": _("does not stand in the other data set"),
        "order": _("dates follow each other"), "monotone": _("times go forward"), "not_future": _("lies not in the future"), "lag": _("was delivered in time"),
        "reachable": _("can be reached"), "near_duplicate": _("is nearly no other row"), "contradiction": _("agrees with the other data sets"),
    }  # fmt: skip


def rule_name(code: str, kind: str, labels: dict[str, str], given: str = "") -> str:
    """Return what a rule is called: its own label, else its column and what is asked."""
    if given:
        return given
    column = code.split(":")[1] if ":" in code else ""
    name = "、".join(labels.get(c, c) for c in column.split("+") if c)
    return f"{name}：{kinds().get(kind, kind)}" if name else str(kinds().get(kind, kind))


def grade(number: int) -> tuple[str, str]:
    """Return (word, tone) of a grade 1 to 5."""
    return {1: (_("Excellent"), "in_time"), 2: (_("Good"), "in_time"), 3: (_("Fair"), "soon"), 4: (_("Pass"), "soon"), 5: (_("Fail"), "overdue")}[number]
