"""The photo of the phone: drawn beside the screen where the browser can, on the page where it cannot, the same picture."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.support.field import Field, street
from tests.support.looks import assert_accessible
from tests.support.phone import go, ready, shoot_photo, shots
from tests.world import SOUTH, WEST, World
from yiwang.kernel.ui import assets

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not assets.phone("src/phone/main.ts"), reason="the front end is not built: npm ci && npm run build in src/islands"),
]
COUNTED = """const drawn = CanvasRenderingContext2D.prototype.drawImage;
    window.onPage = 0;
    window.Looking = OffscreenCanvas;
    if (sessionStorage.gone) delete window[sessionStorage.gone];
    CanvasRenderingContext2D.prototype.drawImage = function (...given) { window.onPage += 1; return drawn.apply(this, given); };"""
# The size, and how bright the foot is (where time and place are written on a dark band) and the part above it.
LOOKED_AT = """async () => {
    const shown = document.querySelector(".p-shots img");
    await shown.decode();
    const picture = await createImageBitmap(shown);
    const { width, height } = picture, pen = new Looking(width, height).getContext("2d");
    pen.drawImage(picture, 0, 0);
    const bright = (from, to) => {
        const { data } = pen.getImageData(0, Math.round(height * from), width, Math.round(height * (to - from)));
        let sum = 0, white = 0;
        for (let at = 0; at < data.length; at += 4) { const one = (data[at] + data[at + 1] + data[at + 2]) / 3; sum += one; white += one > 210; }
        return [sum / (data.length / 4), white];
    };
    const [foot, letters] = bright(0.96, 1), [above] = bright(0.6, 0.8);
    return { width, height, foot, letters, above };
}"""


@pytest.fixture
def field() -> Field:
    return Field()


@pytest.fixture
def around_site(field: Field) -> Callable[[Any], Any]:
    return field.around


@pytest.fixture
def live_world(live_site: str, field: Field, committed_bare_world: World) -> World:
    world = committed_bare_world
    street(field, str(world.account("inspector").uid), "丁巡", west=WEST, south=SOUTH)
    return world


def _photo(page: Any) -> dict[str, float]:
    go(page, "上报")
    shoot_photo(page)
    expect(page.locator(".p-shots img")).to_have_count(1)
    return page.evaluate(LOOKED_AT)


def test_a_photo_is_drawn_beside_the_screen_or_on_it_and_looks_the_same(phone: Any, live_world: World) -> None:
    page = phone(before=lambda page: page.add_init_script(COUNTED), color_scheme="dark")
    ready(page)
    page.context.set_offline(True)
    page.reload()  # the worker that draws was kept with the app
    away = _photo(page)
    shots(page, "photo-drawn-away")
    assert_accessible(page)  # in the dark, too: contrasts are measured
    assert page.evaluate("window.onPage") == 0
    assert away["foot"] < away["above"] * 0.75, "a dark band"
    assert away["letters"] > 40, "with white words"
    for gone in ("VideoFrame", "OffscreenCanvas", "Worker", "its script"):
        page.get_by_role("button", name="放弃草稿").tap()
        expect(page.locator(".p-screen.is-today")).to_be_visible()
        page.evaluate("(gone) => sessionStorage.setItem('gone', gone)", gone)
        page.reload()
        if gone == "its script":
            page.evaluate("document.body.dataset.painter = '/city/phone/nothing.js'")
        here = _photo(page)
        assert page.evaluate("window.onPage") == 1, gone
        assert (here["width"], here["height"]) == (away["width"], away["height"])
        assert here["foot"] < here["above"] * 0.75, gone
        assert here["letters"] > 40, gone
