"""Jobs of the data centre, a file for each subject."""

from yiwang.apps.datahub.tasks import landing, rights, share, sources

__all__ = ["landing", "rights", "share", "sources"]
