"""The program: bounds first, then one request."""

import json
import os
import resource
import sys
import tempfile
from pathlib import Path
from typing import Any, TextIO

# Drivers that fetch, follow or run something; the formats that we take need none of them.
_NO_DRIVERS = "OGR_VRT,GDALG,HTTP,WFS,OAPIF,OGCAPI,CSW,Elasticsearch,Carto,AmigoCloud,PLSCENES,NGW,EEDA,GPSBabel,ADBC,OSM,GTFS,PGDUMP,PMTiles,MBTiles"


def bound(request: dict[str, Any]) -> None:
    """Take memory, time and disk away before the file is touched."""
    limits = request.get("limits", {})
    memory = int(limits.get("memory_mb", 4096)) * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    seconds = int(limits.get("cpu_s", 1200))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    disk = int(limits.get("unpacked_bytes", 2 << 30))
    resource.setrlimit(resource.RLIMIT_FSIZE, (disk, disk))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def answer(request: dict[str, Any], out: TextIO) -> None:
    """Do what is asked and write lines; refusals are lines as well."""
    from yiwang.kernel.mapdata.reader.refusals import Refused

    def say(**line: Any) -> None:
        out.write(json.dumps(line, ensure_ascii=False, allow_nan=False) + "\n")

    with tempfile.TemporaryDirectory(prefix="yw-read-", dir=request.get("scratch") or None) as scratch:
        try:
            from yiwang.kernel.mapdata.reader import tasks
            from yiwang.kernel.mapdata.reader.packages import opened

            most = int(request.get("limits", {}).get("unpacked_bytes", 2 << 30))
            package = opened(Path(request["path"]), request["name"], Path(scratch), most_bytes=most)
            if request["task"] == "look":
                say(look=tasks.look(package, request))
            else:
                for line in tasks.read(package, request):
                    say(**line)
        except Refused as refusal:
            say(refused=refusal.code, facts=refusal.facts)
        except MemoryError:
            say(refused="too_big", facts={})
        except OSError as error:
            say(refused="too_big" if error.errno == 27 else "unreadable", facts={"detail": ""})


def main() -> None:
    os.environ |= {"GDAL_SKIP": _NO_DRIVERS, "GDAL_HTTP_MAX_RETRY": "0", "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
                   "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PROJ_NETWORK": "OFF", "OGR_GEOJSON_MAX_OBJ_SIZE": "200",
                   "DXF_MAX_BSPLINE_CONTROL_POINTS": "2000", "CPL_DEBUG": "OFF"}  # fmt: skip
    request = json.loads(sys.stdin.read())
    bound(request)
    with open(sys.stdout.fileno(), "w", encoding="utf-8", closefd=False) as out:
        answer(request, out)


if __name__ == "__main__":
    main()
