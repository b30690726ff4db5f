"""How far each reader of the record has come."""

from django.db import models


class RelayCursor(models.Model):
    """A consumer of events and the position of the last one that it has done with."""

    name = models.CharField(max_length=60, primary_key=True)
    position = models.BigIntegerField(default=0)
    updated_at = models.DateTimeField(auto_now=True)
    last_error = models.CharField(max_length=500, blank=True)

    def __str__(self) -> str:
        return f"{self.name} {self.position}"
