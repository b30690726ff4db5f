"""The GIS desk in a browser: a GBK shapefile with faults goes through the wizard, is mended, brought in, and taken back."""

from __future__ import annotations

import io
import re
import zipfile

import numpy as np
import pytest
import shapely
from playwright.sync_api import expect
from pyogrio import raw

from tests.support.looks import assert_accessible, no_sideways_scroll, shoot
from yiwang.kernel.geography.models import Feature
from yiwang.kernel.geography.services.layers import install_layers
from yiwang.kernel.ui import assets

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not assets.core(), reason="the front end is not built: npm ci && npm run build in src/islands"),
]


def shapefile(tmp_path, lon, lat):
    """Three green spaces in GBK without a .cpg, in Gauss-Krueger zone 39: one crosses itself, one has a kind that is none."""
    import pyproj

    to = pyproj.Transformer.from_crs(4326, 4527, always_xy=True)

    def at(shape, n):
        return shapely.transform(shape, lambda a: np.column_stack(to.transform(a[:, 0] * 0.0003 + lon + n * 0.0006, a[:, 1] * 0.0003 + lat)))

    shapes = [at(shapely.box(0, 0, 1, 1), 0), at(shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]), 1), at(shapely.box(0, 0, 1, 1), 2)]
    data = [np.array(["东湖公园", "北关绿地", "站前广场"], dtype=object), np.array(["公园绿地", "防护绿地", "花园"], dtype=object)]
    raw.write(tmp_path / "绿地.shp", np.array([shapely.to_wkb(s) for s in shapes], dtype=object), data, ["名称", "类型"], geometry_type="Polygon",
              crs="EPSG:4527", driver="ESRI Shapefile", encoding="GBK")  # fmt: skip
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for part in (".shp", ".shx", ".dbf", ".prj"):
            archive.write(tmp_path / f"绿地{part}", f"绿地{part}")
    return packed.getvalue()


def test_a_shapefile_with_faults_is_mended_brought_in_and_taken_back(live_world, live_site, as_person, settings, tmp_path):
    settings.FILES_DIR = tmp_path / "store"
    install_layers()
    page = as_person("administrator", size=(1440, 900))
    page.goto(f"{live_site}/ground/layers/")
    shoot(page, "layers")
    page.goto(f"{live_site}/ground/imports/new/?layer=green_space")
    shoot(page, "upload")
    page.locator("#id_file").set_input_files({"name": "绿地.zip", "mimeType": "application/zip", "buffer": shapefile(tmp_path, *live_world.point(1, 1))})
    page.get_by_role("button", name="上传并解读").click()
    page.wait_for_url(re.compile("/ground/imports/[0-9a-f-]{36}/"))
    expect(page.locator("#id_encoding")).to_have_value("GB18030")
    expect(page.locator("#id_crs")).to_have_value("EPSG:4527")
    expect(page.locator("#id_field_kind")).to_have_value("类型")
    assert_accessible(page)
    shoot(page, "understood")
    page.get_by_role("button", name="检查全部数据").click()
    expect(page.locator("#bad-rows")).to_have_text("2")
    expect(page.get_by_text("边线自相交").first).to_be_visible()
    expect(page.get_by_text("花园").first).to_be_visible()
    page.locator(".yw-map canvas").first.wait_for()
    assert_accessible(page, within="#choices")
    shoot(page, "checked")
    page.locator("#id_mend").check()
    page.locator("#id_field_kind").select_option("")
    page.locator("#id_fixed_kind").select_option("park")
    page.get_by_role("button", name="检查全部数据").click()
    expect(page.locator("#bad-rows")).to_have_text("0")
    page.get_by_role("button", name="3 行全部入库").click()
    expect(page.get_by_text("3 行已进入图层").first).to_be_visible()
    assert sorted(f.attributes["name"] for f in Feature.objects.all()) == ["东湖公园", "北关绿地", "站前广场"]
    assert {f.attributes["kind"] for f in Feature.objects.all()} == {"park"}
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="整体撤销此次导入").click()
    if page.locator("dialog[open]").count():
        page.locator("dialog[open] .btn-primary, dialog[open] button[value=yes]").first.click()
    expect(page.get_by_text("此次导入的全部数据已撤回").first).to_be_visible()
    assert not Feature.objects.exists()
    phone = as_person("administrator", phone=True)
    for name, address in (("imports", "/ground/imports/"), ("layers", "/ground/layers/"), ("import", page.url.removeprefix(live_site)), ("layer", "/ground/layers/green_space/")):
        phone.goto(live_site + address)
        assert no_sideways_scroll(phone), f"{name} scrolls sideways on a phone"
        shoot(phone, f"phone-{name}")
