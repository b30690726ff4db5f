"""Filing and closing (立案、结案): the general tests, and the pairing of a filing condition with its closing condition."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from yiwang.apps.city.rules.manual import ManualRow
from yiwang.apps.city.rules.texts import Texts, both


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known when the shift leader files. `has_evidence`: a photo, a verified report or a sensor reading."""

    inside_covered_area: bool
    has_grid: bool
    class_is_known: bool
    has_evidence: bool
    open_twin: str = ""  # number of the open case that it certainly repeats
    suspended_twin: str = ""  # number of a suspended case of the same thing
    department: str = ""  # the proposed one
    conditions: tuple[str, ...] = ()  # condition ids that may be chosen
    chosen: str = ""  # the one chosen


REFUSALS: Mapping[str, Texts] = {
    "outside": both("问题位置不在管理范围内", "The place lies outside the managed area"),
    "no-grid": both("问题位置没有单元网格", "No unit grid covers the place"),
    "unknown-class": both("分类不在部件和事项字典内", "The class is not in the dictionary"),
    "no-evidence": both("没有照片或核实结果，事实不清", "There is neither a photo nor a verification: the facts are not visible"),
    "duplicate": both("与未结案卷重复", "It repeats a case that is still open"),
    "suspended": both("同一问题已在挂账中", "The same problem is already suspended"),
    "no-department": both("无法确定责任单位", "No responsible body can be named"),
    "no-condition": both("必须选择一条立案条件", "A filing condition must be chosen"),
    "wrong-condition": both("所选立案条件不属于该分类或当前不适用", "The chosen filing condition is not one of this class, or does not apply now"),
}  # fmt: skip


def refusals(facts: Facts) -> tuple[str, ...]:
    """Return every reason why the report cannot be filed, in the order a form shows them; empty = it can.

    All reasons are told at once, so that the clerk mends them in one go. A class without any condition in the manual
    still needs one: the manual has to be completed first.
    """
    found = []
    if not facts.inside_covered_area:
        found.append("outside")
    elif not facts.has_grid:
        found.append("no-grid")
    if not facts.class_is_known:
        found.append("unknown-class")
    if not facts.has_evidence:
        found.append("no-evidence")
    if facts.open_twin:
        found.append("duplicate")
    if facts.suspended_twin and facts.suspended_twin != facts.open_twin:
        found.append("suspended")
    if not facts.department:
        found.append("no-department")
    if not facts.chosen:
        found.append("no-condition")
    elif facts.chosen not in facts.conditions:
        found.append("wrong-condition")
    return tuple(found)


def closing_of(rows: Iterable[ManualRow], condition_id: str) -> Texts | None:
    """Return the closing condition paired with a filing condition; None when the row is unknown."""
    return next((row.closing for row in rows if row.condition_id == condition_id), None)


def may_close(*, row_id: str, confirmed_row_id: str, check_passed: bool, has_after_photo: bool, by_informing: bool,
              informs_only: bool) -> tuple[str, ...]:
    """Return why a case cannot be closed; empty = it can.

    The closing screen makes the leader confirm the closing condition of the row that the case was filed under. Closing
    by informing (告知性结案) needs a row that allows it, and then neither a passed check nor an after-photo.
    """
    found = []
    if confirmed_row_id != row_id:
        found.append("closing-condition")
    if by_informing:
        if not informs_only:
            found.append("informing-not-allowed")
        return tuple(found)
    if not check_passed:
        found.append("not-checked")
    if not has_after_photo:
        found.append("no-after-photo")
    return tuple(found)


CLOSING_REFUSALS: Mapping[str, Texts] = {
    "closing-condition": both("必须确认与立案条件对应的结案条件", "Confirm the closing condition paired with the filing condition"),
    "informing-not-allowed": both("该立案条件不允许告知性结案", "This filing condition does not allow closing by informing"),
    "not-checked": both("核查未通过，不能结案", "The check on site has not been passed"),
    "no-after-photo": both("缺少处置后照片", "The photo after the work is missing"),
}  # fmt: skip
