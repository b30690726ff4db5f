"""Rows that count: every table with a `mode` (live, trial, imported) reads live rows only, unless asked otherwise."""

from typing import TypeVar

from django.db import models

M = TypeVar("M", bound=models.Model, covariant=True)


class LiveManager(models.Manager[M]):
    """The default manager of a model with `mode`; such a model adds `all_modes = models.Manager()` beside it."""

    def get_queryset(self) -> "models.QuerySet[M]":
        return super().get_queryset().filter(mode="live")
