"""`yiwang datahub receipts verify FILE`: do a bureau's kept receipts and our log of calls say the same?"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from yiwang.apps.datahub.services.share import receipts
from yiwang.kernel.base.errors import ProblemError


def arguments(parser: ArgumentParser) -> None:
    """Add what comes after `receipts`."""
    verbs = parser.add_subparsers(dest="verb", required=True)
    verify = verbs.add_parser("verify", help="compare receipts with the log; exit code 1 when they differ")
    verify.add_argument(
        "file", type=Path, metavar="FILE", help="one receipt (JSON) a line, or whole answers that hold one"
    )


def handle(options: dict[str, Any], say: Any) -> None:
    """Compare and tell; CommandError when the two sides differ or the file holds no receipts."""
    try:
        found = receipts.verify(options["file"])
    except ProblemError as problem:
        raise CommandError(str(problem)) from problem
    bad = 0
    for one in found:
        compared = one.compared
        say(f"grant {one.grant} (key {one.key_id}): {len(compared.same)} the same")
        for word, numbers in (
            ("differ from our log", compared.changed),
            ("unknown to our log", compared.unknown),
            ("not signed with the present key", one.forged),
            ("without a receipt", compared.unkept),
        ):
            if numbers:
                say(f"  {len(numbers)} {word}: {', '.join(map(str, numbers[:50]))}")
        if compared.chain is not None:
            say(f"  our log is broken at call {compared.chain}")
        bad += not compared.is_whole
    if bad:
        raise CommandError(f"{bad} of {len(found)} grants differ")
