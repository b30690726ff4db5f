"""Data standards: new versions of elements, lists and mappings; suggested grades and what people decide."""

from yiwang.apps.datahub.services.standards.dictionary import load

__all__ = ["load"]
