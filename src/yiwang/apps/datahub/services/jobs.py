"""What the data centre's jobs do."""

from yiwang.apps.datahub.errors import RunNotNow
from yiwang.apps.datahub.models import Dataset
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


def urge() -> int:
    return handing_back.urge()


def refresh_readers() -> int:
    return watched.refresh_readers()


__all__ = ["RunNotNow", "check_quality", "land", "refresh_readers", "resume", "urge"]
