"""What the data centre's jobs do."""

from yiwang.apps.datahub.errors import RunNotNow
from yiwang.apps.datahub.lake import store
from yiwang.apps.datahub.models import Dataset
from yiwang.apps.datahub.queries import landing as reads
from yiwang.apps.datahub.services import landing
from yiwang.apps.datahub.services.landing import handing_back
from yiwang.apps.datahub.services.quality import check_dataset
from yiwang.apps.datahub.services.rights import watched


def land(run_id: int) -> None:
    landing.land_now(run_id)


def check_quality(dataset_id: int) -> None:
    found = Dataset.objects.select_related("contract").filter(pk=dataset_id).first()
    if found is not None:
        check_dataset(found)


def resume() -> int:
    return len(landing.resume())


def sweep() -> int:
    """Remove folders of the lake that no run needs: of killed programs, and of rows that were replaced settings.LAKE_KEEP_RUNS deliveries ago."""
    gone = 0
    for dataset in Dataset.objects.order_by("pk"):
        gone += store.sweep(dataset.code, reads.wanted_folders(dataset))
    return gone


def urge() -> int:
    return handing_back.urge()


def refresh_readers() -> int:
    return watched.refresh_readers()


__all__ = ["RunNotNow", "check_quality", "land", "refresh_readers", "resume", "sweep", "urge"]
