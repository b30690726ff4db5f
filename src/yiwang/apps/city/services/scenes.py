"""Before and after: is it the same scene? OpenCV says likely or not; a person decides."""

from yiwang.apps.city.models import CityCase
from yiwang.kernel.files import queries as files
from yiwang.kernel.files import store


def match_scene(case_id: int) -> str:
    """Compare the last photo before with the last one after and keep the verdict; safe to repeat."""
    typed = CityCase.objects.select_related("case").get(pk=case_id)
    pictures = list(files.of_subject("case", typed.case.uid))
    before = [p for p in pictures if p.stage in ("before", "verify") and p.kind == "photo"]
    after = [p for p in pictures if p.stage == "after" and p.kind == "photo"]
    if not before or not after:
        return ""
    from yiwang.kernel.files import scene  # OpenCV: 30 MB that only the worker needs, and only when photos come in

    found = scene.compare(store.read(before[-1].sha256), store.read(after[-1].sha256))
    CityCase.objects.filter(pk=case_id).update(scene_verdict=found.verdict, scene_score=found.score)
    return str(found.verdict)
