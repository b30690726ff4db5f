"""Choices that pages offer."""

from yiwang.apps.datahub.models import Grade, StandardState

GRADES = Grade.choices
STATES = StandardState.choices
