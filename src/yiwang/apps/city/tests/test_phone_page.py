"""The phone's page: the same for everybody, whole in itself, and every sentence that its script says is in it."""

import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse

from yiwang.apps.city.pages.phone_texts import phone_texts
from yiwang.kernel.ui import assets
from yiwang.kernel.ui.texts import script_texts

PHONE = Path(__file__).resolve().parents[5] / "src" / "islands" / "src" / "phone"
BUILT = pytest.mark.skipif(not assets.phone("src/phone/main.ts"), reason="the front end is not built: npm ci && npm run build in src/islands")


def asked() -> set[str]:
    """Return the keys of all sentences in the phone's sources: every literal "phone.<name>", and what t("...") names."""
    found: set[str] = set()
    for file in PHONE.rglob("*.ts"):
        source = file.read_text(encoding="utf-8")
        found |= set(re.findall(r'"(phone\.[a-z_0-9]+)"', source)) - {"phone.file"}
        found |= set(re.findall(r"""\bt\(\s*["']([\w.]+)["']""", source))
    return found


def test_every_sentence_is_there_in_both_languages_and_none_too_many():
    chinese, english = phone_texts("zh-hans"), phone_texts("en")
    wanted = asked()
    assert wanted - set(chinese) == set()
    assert {key for key in chinese if key.startswith("phone.")} - wanted == set()
    assert set(script_texts()) <= set(chinese)
    for key, sentence in english.items():
        assert sorted(re.findall(r"\{\w+\}", chinese[key])) == sorted(re.findall(r"\{\w+\}", sentence)), key
        if key.startswith("phone."):
            assert re.search("[\u4e00-\u9fff]", chinese[key]), f"{key} is not translated"
            assert not re.search("[\u4e00-\u9fff]", sentence), key


def test_every_icon_is_in_the_phones_own_sprite():
    known = {line.split("#")[0].strip() for line in (PHONE / "icons.txt").read_text(encoding="utf-8").splitlines()} - {""}
    named: dict[str, str] = {}
    for file in PHONE.rglob("*.ts"):
        for name in re.findall(r"""\bicon\("([\w-]+)"\)""", file.read_text(encoding="utf-8")):
            named[name] = file.name
    assert named.keys() <= known, {name: where for name, where in named.items() if name not in known}


@pytest.mark.django_db
def test_the_page_is_the_same_for_everybody_who_may_use_the_phone(world):
    one, two = (world.client(who).get(reverse("city:phone")).content.decode() for who in ("inspector", "inspector2"))
    assert one == two, "the phone keeps the page: nothing of one person may stand in it"
    assert world.people["inspector"].account.name not in one
    assert "csrfmiddlewaretoken" not in one
    texts = json.loads(re.search(r'id="yw-texts-en">(.*?)</script>', one, re.S).group(1))
    assert texts["phone.send"] == "Send"
    for name in ("phone", "phone_worker", "phone_map_worker", "phone_painter", "phone_manifest", "phone_token"):
        assert world.client().get(reverse(f"city:{name}")).status_code in (302, 401), name
        assert world.client("handler").get(reverse(f"city:{name}")).status_code == 403, name


@pytest.mark.django_db
def test_the_secret_goes_with_who_is_signed_in(world):
    client = world.client("inspector")
    answer = client.get(reverse("city:phone_token"))
    body = answer.json()
    assert body["person"] == str(world.account("inspector").uid)
    assert answer["Cache-Control"] == "no-store"
    assert len(body["token"]) == 64
    assert world.client().get(reverse("city:phone_token"), headers={"accept": "application/json"}).status_code == 401


@BUILT
@pytest.mark.django_db
def test_the_worker_keeps_whole_builds_and_may_talk_to_us_alone(world):
    client = world.client("inspector")
    answer = client.get(reverse("city:phone_worker"))
    assert answer["Content-Type"].startswith("text/javascript")
    assert answer["Content-Security-Policy"] == "default-src 'none'; connect-src 'self'; frame-ancestors 'none'"
    shell = json.loads(re.match(r"const YW_SHELL = (.*);\n", answer.content.decode()).group(1))
    assert shell["page"] == "/city/phone/"
    page = client.get("/city/phone/").content.decode()
    loaded = re.findall(r'(?:href|src|content)="(/static/phone/[^"]+\.(?:js|css|svg))"', page)
    assert len(loaded) >= 3
    assert set(loaded) <= set(shell["files"])
    *files, painter, worker = shell["files"]
    assert painter == "/city/phone/painter.js"
    assert b"OffscreenCanvas" in client.get(painter).content
    assert worker == "/city/phone/map-worker.js", "inside the scope, so that the map works without a network, too"
    packed = client.get(worker, headers={"accept-encoding": "gzip, br"})
    assert (packed["Content-Encoding"], client.get(worker)["Content-Type"]) == ("br", "text/javascript; charset=utf-8")
    assert len(packed.content) < len(client.get(worker).content) / 3
    for name in files:
        assert (Path(settings.ISLANDS_DIR) / name.removeprefix("/static/")).is_file(), name
    assert "import " not in answer.content.decode()[:2000], "a classic script"


@BUILT
@pytest.mark.django_db
def test_the_app_can_be_installed(world):
    answer = world.client("inspector").get(reverse("city:phone_manifest"))
    assert answer["Content-Type"].startswith("application/manifest+json")
    manifest = answer.json()
    assert (manifest["start_url"], manifest["scope"], manifest["display"], manifest["name"]) == ("/city/phone/", "/city/phone/", "standalone", "城管通")
    assert {icon["purpose"] for icon in manifest["icons"]} == {"any", "maskable"}
    for icon in manifest["icons"]:
        assert (Path(settings.ISLANDS_DIR) / icon["src"].removeprefix("/static/")).is_file()


@BUILT
def test_what_the_app_weighs_on_the_way():
    """Brotli as precompressed at the build: without the map under 120 KB, with it under 480 KB (the build itself refuses more)."""
    built = Path(settings.ISLANDS_DIR)
    weight = {name: (built / f"{name.removeprefix('/static/')}.br").stat().st_size for name in assets.phone_files()}
    worker = assets.phone_map_worker()
    weight["worker"] = worker.with_name(worker.name + ".br").stat().st_size
    heavy = [name for name in weight if "/map-" in name or "/maplibre-" in name or name == "worker"]
    assert len(heavy) == 4
    assert sum(size for name, size in weight.items() if name not in heavy) < 120 * 1024
    assert sum(weight.values()) < 480 * 1024
