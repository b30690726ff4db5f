"""Is the record whole? (`yiwang check-data`; `yiwang audit verify` says more.)"""

from collections.abc import Iterator

from yiwang.kernel.audit import queries, verifying
from yiwang.kernel.audit.services import advance_tide
from yiwang.kernel.base.datachecks import Finding, Look, register_data_check


def register() -> None:
    register_data_check("audit.record", "is every line, chain and seal as it was written?", whole)


def whole(look: Look) -> Iterator[Finding]:
    """Re-read the whole record; settled, everything is also sealed."""
    report = verifying.verify()
    look.count(report.lines)
    for fault in report.faults:
        yield Finding("record", str(fault))
    if look.settled and report.unsealed and advance_tide() > (seal.upto_position if (seal := queries.latest_seal()) else 0):
        yield Finding("record", f"{report.unsealed} lines are not sealed")
