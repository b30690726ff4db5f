"""Every write of the room: back up, verify, restore, clear, carry, keep the log for any moment."""

from yiwang.kernel.backup.services.asking import ask, ask_verification
from yiwang.kernel.backup.services.carrying import carry
from yiwang.kernel.backup.services.clearing import prune
from yiwang.kernel.backup.services.restoring import restore, restore_files
from yiwang.kernel.backup.services.running import run
from yiwang.kernel.backup.services.verifying import verify
from yiwang.kernel.backup.services.watching import watch

__all__ = ["ask", "ask_verification", "carry", "prune", "restore", "restore_files", "run", "verify", "watch"]
