"""What kind of file it is, by its content, and what lies in an archive; nothing is unpacked before it is counted."""

import zipfile
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from yiwang.kernel.mapdata.reader.refusals import Refused

MOST_MEMBERS = 500
MOST_RATIO = 200  # a member that unpacks to more than this many times its size, and to more than SMALL, is a bomb
SMALL = 10 * 1024 * 1024
_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_ALONE = {".gpkg": "gpkg", ".geojson": "geojson", ".json": "geojson", ".csv": "csv", ".txt": "csv", ".dxf": "dxf"}


@dataclass
class Package:
    """Readable sources: names and the files behind them; `notes` are words for people (no_prj)."""

    format: str
    sources: dict[str, Path] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def identify(path: Path, name: str) -> str:
    """Return gpkg, zip, geojson, dxf or csv, judged by the first bytes and only then by the name.

    Raises
    ------
    Refused
        empty, dwg, loose_shapefile, archive (rar, 7z, gz), unknown.
    """
    with path.open("rb") as source:
        head = source.read(65536)
    suffix = PurePosixPath(name.replace("\\", "/")).suffix.lower()
    if not head.strip(b"\x00 \t\r\n"):
        raise Refused("empty")
    if head[:4] == b"AC10" or (head[:2] == b"AC" and head[2:6].isdigit()):
        raise Refused("dwg")
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return "zip"
    if head[:4] in (b"Rar!", b"7z\xbc\xaf") or head[:2] == b"\x1f\x8b":
        raise Refused("archive")
    if head[:16] == b"SQLite format 3\x00":
        if head[68:72] not in (b"GPKG", b"GP10", b"GP11"):
            raise Refused("sqlite")
        return "gpkg"
    if head[:4] == b"\x00\x00\x27\x0a" or suffix in (".shp", ".dbf", ".shx"):
        raise Refused("loose_shapefile")
    if head.startswith(b"AutoCAD Binary DXF"):
        raise Refused("binary_dxf")
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:1] in (b"{", b"["):
        return "geojson"
    if suffix == ".dxf" or (text[:1] == b"0" and b"SECTION" in head[:200]):
        return "dxf"
    if text[:1] == b"<" or (b"\x00" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff"))):
        raise Refused("unknown")
    if suffix in (".csv", ".txt", ".tsv") or b"," in head or b"\t" in head:
        return "csv"
    raise Refused("unknown")


def opened(path: Path, name: str, into: Path, *, most_bytes: int) -> Package:
    """Return what can be read of the file; archives are unpacked into the folder under names of our own.

    Raises
    ------
    Refused
        As `identify`, and: bomb, broken_zip, encrypted, nested, nothing_in_zip, many_in_zip, missing_part.
    """
    kind = identify(path, name)
    if kind != "zip":
        link = into / f"source.{'geojson' if kind == 'geojson' else kind}"
        link.symlink_to(path.resolve())
        return Package(kind, {PurePosixPath(name.replace('\\', '/')).stem[:80] or "source": link})
    try:
        with zipfile.ZipFile(path) as packed:
            return _unpack(packed, into, most_bytes)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, UnicodeDecodeError) as error:
        raise Refused("broken_zip") from error
    except RuntimeError as error:  # a password
        raise Refused("encrypted") from error


def _member_name(info: zipfile.ZipInfo) -> str:
    """Chinese Windows writes names in GBK without saying so; Python then reads them as code page 437."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        raw = info.filename.encode("cp437")
    except UnicodeEncodeError:
        return info.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.filename


def _unpack(packed: zipfile.ZipFile, into: Path, most_bytes: int) -> Package:
    members = [info for info in packed.infolist() if not info.is_dir()]
    if len(members) > MOST_MEMBERS:
        raise Refused("many_in_zip", most=MOST_MEMBERS)
    if any(info.flag_bits & 0x1 for info in members):
        raise Refused("encrypted")
    for info in members:
        if info.file_size > SMALL and info.file_size > MOST_RATIO * max(1, info.compress_size):
            raise Refused("bomb")
    if sum(info.file_size for info in members) > most_bytes:
        raise Refused("bomb")
    shapes: dict[str, dict[str, zipfile.ZipInfo]] = {}
    alone: list[tuple[str, str, zipfile.ZipInfo]] = []
    for info in members:
        member = PurePosixPath(_member_name(info).replace("\\", "/"))
        if "__MACOSX" in member.parts or member.name.startswith("."):
            continue
        suffix = member.suffix.lower()
        if suffix in _PARTS:
            shapes.setdefault(str(member.with_suffix("")), {})[suffix] = info
        elif suffix in _ALONE:
            alone.append((member.stem, suffix, info))
        elif suffix == ".dwg":
            raise Refused("dwg")
        elif suffix in (".zip", ".rar", ".7z"):
            raise Refused("nested")
    budget = [most_bytes]
    with_shape = {stem: parts for stem, parts in shapes.items() if ".shp" in parts}
    if with_shape:
        package = Package("shp")
        for at, (stem, parts) in enumerate(sorted(with_shape.items())):
            shown = PurePosixPath(stem).name
            for part in (".shx", ".dbf"):
                if part not in parts:
                    raise Refused("missing_part", name=f"{shown}.shp"[:80], part=part)
            if ".prj" not in parts:
                package.notes.append("no_prj")
            for suffix, info in parts.items():
                _extract(packed, info, into / f"s{at}{suffix}", budget)
            package.sources[shown[:80]] = into / f"s{at}.shp"
        return package
    if len(alone) > 1:
        raise Refused("many_in_zip", most=1)
    if not alone:
        raise Refused("nothing_in_zip")
    stem, suffix, info = alone[0]
    target = into / f"inner{suffix}"
    _extract(packed, info, target, budget)
    kind = identify(target, f"inner{suffix}")
    if kind == "zip":
        raise Refused("nested")
    named = into / f"source.{kind}"
    target.rename(named)
    return Package(kind, {stem[:80] or "source": named})


def _extract(packed: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path, budget: list[int]) -> None:
    """Write one member, counting what really comes out: the size in the head of an archive is only what it says."""
    with packed.open(info) as source, target.open("wb") as out:
        while block := source.read(1024 * 1024):
            budget[0] -= len(block)
            if budget[0] < 0:
                raise Refused("bomb")
            out.write(block)
