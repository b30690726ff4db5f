"""Files made in code: each with one trap in it."""

import io
import json
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
import shapely
from django.core.files.base import ContentFile
from pyogrio import raw

from tests.world import world
from yiwang.kernel.areas.models import Area
from yiwang.kernel.geography.services.layers import install_layers, set_domain
from yiwang.kernel.geography.tests.conftest import X0, Y0, addresses, assets, county
from yiwang.kernel.identity.models import Organization, OrgKind
from yiwang.kernel.mapdata.services import exporting, reading

__all__ = ["X0", "Y0", "addresses", "assets", "county", "world"]


class Made:
    """Makes files in a folder and gives their bytes as an upload."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name, shapes, columns, *, driver, crs="EPSG:4490", kind=None, encoding=None, layer=None):
        path = self.folder / name
        wkb = np.array([None if s is None else shapely.to_wkb(s) for s in shapes], dtype=object)
        data = [np.array(values, dtype=object if isinstance(values[0], str) else None) for values in columns.values()]
        kind = kind or next(s.geom_type for s in shapes if s is not None)
        with warnings.catch_warnings():  # a file without a system is one of the traps
            warnings.simplefilter("ignore", UserWarning)
            raw.write(path, wkb, data, list(columns), driver=driver, crs=crs, geometry_type=kind, encoding=encoding, layer=layer)
        return path

    def shapefile(self, stem, shapes, columns, *, encoding="GBK", without=(), change=None, **more):
        """Return a zip with the parts; `without` leaves some out, `change` is {suffix: bytes} put in their place."""
        path = self.write(f"{stem}.shp", shapes, columns, driver="ESRI Shapefile", encoding=encoding, **more)
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for part in sorted(self.folder.glob(f"{stem}.*")):
                if part.suffix not in without and part.suffix in (".shp", ".shx", ".dbf", ".prj", ".cpg"):
                    archive.writestr(part.name, (change or {}).get(part.suffix) or part.read_bytes())
        return self.sent(packed.getvalue(), path.with_suffix(".zip").name)

    def gpkg(self, name, shapes, columns, **more):
        return self.sent(self.write(name, shapes, columns, driver="GPKG", **more).read_bytes(), name)

    @staticmethod
    def sent(content, name):
        return ContentFile(content if isinstance(content, bytes) else content.encode(), name=name)


@pytest.fixture
def made(tmp_path):
    return Made(tmp_path)


@pytest.fixture
def layers(county, settings, tmp_path):
    """The standard layers, two classes of components and one body; files go into a folder of the test."""
    settings.FILES_DIR = tmp_path / "store"
    install_layers()
    set_domain("assets", "class_code", {"01001": {"zh-Hans": "供水井盖"}, "01002": {"zh-Hans": "污水井盖"}})
    Organization.objects.create(code="water", name={"zh-Hans": "市水务集团"}, kind=OrgKind.values[0], path="1.", area=Area.objects.get(code="371500"))
    return county


@pytest.fixture(autouse=True)
def near_reader(request, monkeypatch):
    """Reader and writer in this process: a start of Python for each file would be most of the time. Some tests take the real ones."""
    if "far" in request.keywords:
        return
    from yiwang.kernel.mapdata import writer
    from yiwang.kernel.mapdata.reader.__main__ import answer

    def spoken(asked):
        out = io.StringIO()
        answer(asked, out)
        return out.getvalue().splitlines()

    monkeypatch.setattr(reading, "spoken", lambda asked: (line for line in spoken(asked)))
    monkeypatch.setattr(exporting, "_run", lambda head, lines: writer.write(json.loads(head), lines))
