"""Jobs of the data centre, a file for each subject."""

from yiwang.apps.datahub.tasks import landing

__all__ = ["landing"]
