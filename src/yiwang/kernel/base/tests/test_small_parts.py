"""Texts inside data, the shifted clock, live rows, the registry of manifests, page or part."""

from datetime import UTC, datetime

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import RequestFactory
from django.utils import timezone, translation

from yiwang.kernel.base import clock, registry
from yiwang.kernel.base.registry import AppManifest, Permission
from yiwang.kernel.base.texts import pick

BOTH = {"zh-Hans": "立案", "en": "File"}


@pytest.mark.parametrize(
    ("texts", "language", "shown"),
    [(BOTH, "en", "File"), (BOTH, "en-gb", "File"), (BOTH, "zh-hans", "立案"), (BOTH, "fr", "立案"), ({"zh-Hans": "立案"}, "en", "立案"),
     ({"en": "File"}, "zh-hans", "File"), ({"zh-Hans": "立案", "en": ""}, "en", "立案"), ({}, "en", ""), (None, "en", ""), ("plain", "en", "plain")],
)  # fmt: skip
def test_pick(texts, language, shown) -> None:  # type: ignore[no-untyped-def]
    assert pick(texts, language) == shown
    with translation.override(language):
        assert pick(texts) == shown


def test_the_clock_can_be_shifted_for_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "_shift", None)
    monkeypatch.setenv("YIWANG_CLOCK_SHIFT_S", "-86400")
    moment = clock.now()
    monkeypatch.setattr(clock, "_shift", None)
    monkeypatch.setenv("YIWANG_CLOCK_SHIFT_S", "0")
    assert 86390 < (clock.now() - moment).total_seconds() < 86410
    assert moment.tzinfo is not None
    assert abs((clock.now() - timezone.now()).total_seconds()) < 5
    assert datetime.now(UTC).year >= 2026


def test_a_manifest_for_one_test_and_no_longer() -> None:
    manifest = AppManifest(
        code="probe", label="Probe", permissions=(Permission(code="probe.see", label="See", public=True),)
    )
    with registry.temporarily(manifest):
        assert registry.permissions()["probe.see"].public
        assert "probe.see" in registry.public_permissions()
    assert "probe" not in registry.manifests()


def test_an_apps_manifest_must_carry_the_apps_label(monkeypatch: pytest.MonkeyPatch) -> None:
    import types

    fake = types.SimpleNamespace(name="yiwang.apps.city", label="city", module=types)
    monkeypatch.setattr(registry.apps, "get_app_configs", lambda: [fake])
    monkeypatch.setattr(registry, "module_has_submodule", lambda *_: True)
    wrong = types.SimpleNamespace(MANIFEST=AppManifest(code="town", label=""))
    monkeypatch.setattr(registry, "import_module", lambda name: wrong)
    with pytest.raises(ImproperlyConfigured, match="town"):
        registry._installed.__wrapped__()


def test_request_factory_requests_render_whole_pages() -> None:
    """The one helper that knows HTMX sends the whole page when nobody asked for a part."""
    from yiwang.kernel.base import rendering

    sent: list[str] = []

    class Htmx:
        boosted = False

        def __init__(self, asked: bool, restore: bool = False) -> None:
            self.asked, self.history_restore_request = asked, restore

        def __bool__(self) -> bool:
            return self.asked

    def fake(request, template, context, status):  # type: ignore[no-untyped-def]
        from django.http import HttpResponse

        sent.append(template)
        return HttpResponse(status=status)

    original = rendering.shortcuts.render
    rendering.shortcuts.render = fake
    try:
        for htmx in (None, Htmx(False), Htmx(True), Htmx(True, restore=True)):
            request = RequestFactory().get("/")
            if htmx is not None:
                request.htmx = htmx
            response = rendering.render(request, "p.html", {}, part="rows")
            assert "HX-Request" in response["Vary"]
    finally:
        rendering.shortcuts.render = original
    assert sent == ["p.html", "p.html", "p.html#rows", "p.html"]
