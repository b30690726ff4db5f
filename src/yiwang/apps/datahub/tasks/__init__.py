"""Jobs of the data centre, a file for each subject."""

from yiwang.apps.datahub.tasks import base, landing, rights, share, sources

__all__ = ["base", "landing", "rights", "share", "sources"]
