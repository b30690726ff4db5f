"""Tables of the catalogue and of sharing."""

from yiwang.apps.datahub.models.share.catalogue import CatalogueEntry, CatalogueVersion, SharingSettings
from yiwang.apps.datahub.models.share.grants import Delivery, GrantCall, GrantState, SharingGrant
from yiwang.apps.datahub.models.share.requests import (
    ObjectionState,
    RequestState,
    RequestStep,
    RowObjection,
    SharingRequest,
    Way,
)
from yiwang.apps.datahub.models.share.systems import InfoSystem, SystemKind, SystemState, Verdict

__all__ = [
    "CatalogueEntry",
    "CatalogueVersion",
    "Delivery",
    "GrantCall",
    "GrantState",
    "InfoSystem",
    "ObjectionState",
    "RequestState",
    "RequestStep",
    "RowObjection",
    "SharingGrant",
    "SharingRequest",
    "SharingSettings",
    "SystemKind",
    "SystemState",
    "Verdict",
    "Way",
]
