"""Writes of the citizen's right to know: confirm who he is, consent, ask, answer."""

from yiwang.apps.datahub.queries.rights.held import register_holder
from yiwang.apps.datahub.queries.rights.subject import register_verifier
from yiwang.apps.datahub.services.base import vouching
from yiwang.apps.datahub.services.rights.consents import load_texts

register_verifier(vouching.vouch)
register_holder(vouching.held)

__all__ = ["load_texts"]
