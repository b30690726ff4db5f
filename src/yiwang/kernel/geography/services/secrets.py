"""Layers that are secret (涉密图层): no door shows them, and who asked for one stands in the record."""

from django.db import transaction

from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.geography.errors import SecretLayer
from yiwang.kernel.geography.queries.catalogue import OpenLayer, admit


def open_to(actor: Actor, layer: OpenLayer) -> OpenLayer:
    """Return the layer when the reader may have it online.

    Raises
    ------
    NotSignedIn, NotPermitted
        He may see it nowhere.
    SecretLayer
        It is marked secret; the asking is one event.
    """
    admit(actor, layer)
    if layer.is_secret:
        with transaction.atomic():
            audit.record(actor, action="geography.layer.secret_refused", data={"layer": layer.code})
        raise SecretLayer(layer=layer.name)
    return layer
