"""The data centre's api, a file or folder for each subject."""

from ninja import Router

from yiwang.apps.datahub.api.base import router as base_router
from yiwang.apps.datahub.api.economy import router as economy_router
from yiwang.apps.datahub.api.space import router as space_router

router = Router()
for _part in (base_router, economy_router, space_router):
    router.add_router("", _part)
