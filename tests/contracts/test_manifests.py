"""What manifests say is true: names exist, prefixes fit, nothing is declared twice, every dotted name imports."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.urls import NoReverseMatch, reverse
from django.utils import translation

from yiwang.kernel.base import registry
from yiwang.kernel.base.registry import AppManifest
from yiwang.kernel.identity.services.roles import shipped_roles

MANIFESTS = sorted(registry.manifests().values(), key=lambda m: m.code)
BY_CODE = pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda m: m.code)


def module_of(manifest: AppManifest) -> str:
    """Return the dotted package of the room or app that owns a manifest."""
    for config in apps.get_app_configs():
        if config.name in (f"yiwang.apps.{manifest.code}", f"yiwang.kernel.{manifest.code}"):
            return config.name
    raise AssertionError(f"no installed room or app is called {manifest.code}")


@BY_CODE
def test_the_code_is_the_rooms_name(manifest: AppManifest) -> None:
    assert module_of(manifest)
    assert manifest.label


@BY_CODE
def test_codes_carry_the_prefix(manifest: AppManifest) -> None:
    declared = [
        *(p.code for p in manifest.permissions), *(m.code for m in manifest.matters), *(x.code for x in manifest.map_layers),
        *(i.code for i in manifest.indicators), *(r.code for r in manifest.data_resources),
    ]  # fmt: skip
    wrong = [code for code in declared if not code.startswith(f"{manifest.code}.")]
    assert not wrong, f"codes of {manifest.code} begin with its name"


def test_nothing_is_declared_twice() -> None:
    for kind in ("permissions", "matters", "map_layers", "indicators", "data_resources"):
        counts = Counter(entry.code for m in MANIFESTS for entry in getattr(m, kind))
        assert not [code for code, n in counts.items() if n > 1], kind


@BY_CODE
def test_permissions_that_are_used_are_declared(manifest: AppManifest) -> None:
    known = registry.permissions()
    used = [
        *(p for role in manifest.roles for p in role.permissions), *(e.permission for e in manifest.menu),
        *(x.permission for x in manifest.map_layers),
    ]  # fmt: skip
    assert not sorted({p for p in used if p not in known})


def test_every_permission_is_granted_by_some_role_or_public() -> None:
    """A permission that nobody can hold closes a door for good; leave it out or give it to a role."""
    granted = {p for _, permissions in shipped_roles().values() for p in permissions}
    idle = sorted(code for code, p in registry.permissions().items() if not p.public and code not in granted)
    assert not idle


@BY_CODE
def test_menu_entries_lead_somewhere(manifest: AppManifest) -> None:
    missing = []
    for entry in manifest.menu:
        try:
            reverse(entry.url_name)
        except NoReverseMatch:
            missing.append(entry.url_name)
    assert not missing
    assert all(e.net in {"desk", "governance", "services", "office", "data", "admin"} for e in manifest.menu)


@BY_CODE
def test_menu_icons_are_drawn(manifest: AppManifest, repo_dir: Path) -> None:
    known = set((repo_dir / "src" / "islands" / "icons.txt").read_text(encoding="utf-8").split())
    assert not sorted({e.icon for e in manifest.menu} - known)


@BY_CODE
def test_dotted_names_import(manifest: AppManifest) -> None:
    import importlib

    names = [
        *(m.hooks for m in manifest.matters), *(m.extra for m in manifest.matters), *(x.features for x in manifest.map_layers),
        *(i.compute for i in manifest.indicators),
    ]  # fmt: skip
    for name in filter(None, names):
        assert registry.dotted(name), name
    if manifest.handlers:
        importlib.import_module(manifest.handlers)


@BY_CODE
def test_an_app_leans_only_on_what_is_installed(manifest: AppManifest) -> None:
    assert set(manifest.depends_on) <= {m.code for m in MANIFESTS}


@BY_CODE
def test_matters_have_their_folder_and_say_their_own_code(manifest: AppManifest) -> None:
    for declared in manifest.matters:
        folder = Path(apps.get_app_config(module_of(manifest).rsplit(".", 1)[1]).path) / declared.folder
        said: dict[str, Any] = tomllib.loads((folder / "matter.toml").read_text(encoding="utf-8"))
        code = said.get("code") or said.get("matter", {}).get("code")
        assert code == declared.code


@BY_CODE
def test_labels_are_in_both_languages(manifest: AppManifest) -> None:
    labels = [
        manifest.label, *(p.label for p in manifest.permissions), *(e.label for e in manifest.menu),
        *(x.label for x in manifest.map_layers), *(i.label for i in manifest.indicators),
        *(r.label for r in manifest.data_resources),
    ]  # fmt: skip
    with translation.override("zh-hans"):
        assert not [str(label) for label in labels if str(label).isascii()]
    for role in manifest.roles:
        assert set(role.label) >= {"zh-Hans", "en"}, role.code


def test_the_seven_sample_roles_are_apart() -> None:
    """监管分离: the acceptor never files, the inspector never closes, who handles never checks."""
    roles = {code: permissions for code, (_, permissions) in shipped_roles().items()}
    assert {
        "inspector",
        "acceptor",
        "shift_leader",
        "dispatcher",
        "handler",
        "leader",
        "administrator",
        "citizen",
    } <= set(roles)
    assert "city.task.file" not in roles["acceptor"]
    assert "city.task.close" not in roles["inspector"] | roles["handler"] | roles["dispatcher"] | roles["acceptor"]
    assert "city.task.check" not in roles["handler"]
    assert "city.task.handle" not in roles["inspector"]
    for code, permissions in roles.items():
        assert not {"city.task.handle", "city.task.check"} <= permissions, code
        assert not {"city.task.accept", "city.task.file"} <= permissions, code
    assert "identity.admin" not in set().union(*(p for c, p in roles.items() if c != "administrator"))
