"""Exports: marked with who took them, seen and unseen, and on record."""

from yiwang.kernel.files.exports.contracts import Column, Exported, Table
from yiwang.kernel.files.exports.services import take

__all__ = ["Column", "Exported", "Table", "take"]
