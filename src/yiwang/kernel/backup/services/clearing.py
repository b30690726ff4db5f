"""Clear old backups, and then the files that no kept backup names."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from yiwang.kernel.backup.rules.names import is_backup_id, moment_of
from yiwang.kernel.backup.rules.retention import keep
from yiwang.kernel.backup.services import reading
from yiwang.kernel.backup.services.running import INDEX, alone
from yiwang.kernel.backup.stores import Store, open_store
from yiwang.kernel.base.clock import now

HALF_MADE = timedelta(days=2)  # a backup without a manifest is a killed one; until then it may be another machine's running one


@dataclass
class Cleared:
    kept: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    files: int = 0


def prune(*, address: str = "", dry: bool = False) -> Cleared:
    """Keep what BACKUP_KEEP says (daily, weekly, monthly) and remove the rest; returns what became of which.

    Raises
    ------
    BackupRuns, StoreUnfit
    """
    store = open_store(address or settings.BACKUP_STORE)
    daily, weekly, monthly = settings.BACKUP_KEEP
    with alone():
        whole = reading.names(store)
        kept = keep([(n, moment_of(n)) for n in whole], daily=daily, weekly=weekly, monthly=monthly, zone=ZoneInfo(settings.TIME_ZONE))
        done = Cleared(kept=sorted(kept), removed=[n for n in whole if n not in kept])
        half = [
            n for n in store.folders("backups/")
            if is_backup_id(n) and n not in whole and moment_of(n) < now() - HALF_MADE
        ]  # fmt: skip
        done.removed += half
        if dry:
            return done
        for name in done.removed:
            # The manifest goes first: from then on it is no backup, whatever happens to us.
            store.delete([f"backups/{name}/manifest.json"] if name not in half else [])
            store.delete([path for path, _size in store.list(f"backups/{name}/")])
        if done.removed:
            done.files = _files(store, done.kept)
    return done


def _files(store: Store, kept: list[str]) -> int:
    """Remove files that no kept backup names, one of 256 shards at a time; lists are sorted, so each is read once."""
    readers = [_Shards(store, f"backups/{name}/{INDEX}") for name in kept]
    removed = 0
    for shard in sorted(store.folders("files/")):
        named = set().union(*(reader.upto(f"files/{shard}/") for reader in readers)) if readers else set()
        removed += store.delete([path for path, _size in store.list(f"files/{shard}/") if path not in named])
    return removed


class _Shards:
    """Reads a sorted list of names shard by shard."""

    def __init__(self, store: Store, name: str) -> None:
        self.lines = self._read(store, name)
        self.ahead = next(self.lines, "")

    @staticmethod
    def _read(store: Store, name: str) -> Iterator[str]:
        with store.open(name) as stream:
            rest = b""
            while block := stream.read(1 << 20):
                *lines, rest = (rest + block).split(b"\n")
                yield from (line.decode() for line in lines)

    def upto(self, prefix: str) -> set[str]:
        """Return the names of this shard; shards before it, which the store does not have, are passed over."""
        found = set()
        while self.ahead and self.ahead[: len(prefix)] <= prefix:
            if self.ahead.startswith(prefix):
                found.add(self.ahead)
            self.ahead = next(self.lines, "")
        return found
