"""The made world of tests/refusals serves here as well: a case at every stop, everybody signed in, a program with its key."""

from tests.refusals.conftest import doors, made

__all__ = ["doors", "made"]
