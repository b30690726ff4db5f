"""Jobs of the data centre, a file for each subject."""

from yiwang.apps.datahub.tasks import landing, share, sources

__all__ = ["landing", "share", "sources"]
