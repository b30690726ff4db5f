"""Before and after: is it the same scene? OpenCV says likely or not; a person decides."""

from yiwang.apps.city.models import CityCase
from yiwang.kernel.files import queries as files
from yiwang.kernel.files import scene


def match_scene(case_id: int) -> str:
    """Compare the last photo before with the last one after and keep the verdict; safe to repeat."""
    typed = CityCase.objects.select_related("case").get(pk=case_id)
    pictures = files.of_subject("case", typed.case.uid)
    before = [p for p in pictures if p.stage in ("before", "verify") and p.kind == "photo"]
    after = [p for p in pictures if p.stage == "after" and p.kind == "photo"]
    if not before or not after:
        return ""
    found = scene.compare(files.path_of(before[-1]), files.path_of(after[-1]))
    CityCase.objects.filter(pk=case_id).update(scene_verdict=found.verdict, scene_score=found.score)
    return str(found.verdict)
