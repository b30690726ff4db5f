"""Do rows and bytes agree? (`yiwang check-data`)"""

import hashlib
from collections.abc import Iterator

from yiwang.kernel.base.datachecks import Finding, Look, register_data_check
from yiwang.kernel.files import store
from yiwang.kernel.files.models import Attachment


def register() -> None:
    register_data_check("files.stored", "are the bytes there that a row names? (--deep: and unchanged)", stored)


def stored(look: Look) -> Iterator[Finding]:
    """Look at what every row names: the file as kept, its public copy, its preview."""
    rows = Attachment.objects.order_by("pk").values_list("uid", "sha256", "public_sha256", "thumb_sha256")
    for uid, *hashes in rows.iterator(chunk_size=2000):
        look.count()
        for sha256 in dict.fromkeys(h for h in hashes if h):
            if not store.exists(sha256):
                # The row may have been taken back with its report since it was read; only then do its bytes go.
                if Attachment.objects.filter(uid=uid).exists():
                    yield Finding(f"file {uid}", f"its bytes {sha256} are missing")
            elif look.deep and hashlib.sha256(store.read(sha256)).hexdigest() != sha256:
                yield Finding(f"file {uid}", f"its bytes {sha256} were changed")
