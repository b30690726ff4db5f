"""Bringing in another city's request file: laid out, stored in batches, joined; safe to repeat and to kill."""

from yiwang.apps.city.services.importing.files import SourceFile, open_source, profile_codes, read_shipped_profile
from yiwang.apps.city.services.importing.running import Progress, import_requests

__all__ = ["Progress", "SourceFile", "import_requests", "open_source", "profile_codes", "read_shipped_profile"]
