"""The JSON API of city management: report, follow, work on tasks (`/api/v1/`)."""

from ninja import Router

from yiwang.apps.city.api.cases import router as cases_router
from yiwang.apps.city.api.field import router as field_router
from yiwang.apps.city.api.reference import router as reference_router
from yiwang.apps.city.api.reports import router as reports_router
from yiwang.apps.city.api.tasks import router as tasks_router

router = Router()
for _part in (reports_router, cases_router, tasks_router, reference_router, field_router):
    router.add_router("", _part)

__all__ = ["router"]
