"""Writes of the citizen's right to know: confirm who he is, consent, ask, answer."""

from yiwang.apps.datahub.services.rights.consents import load_texts

__all__ = ["load_texts"]
