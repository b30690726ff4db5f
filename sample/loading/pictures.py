"""Invented photos: a street drawn from a number, before and after, with the place and time that a phone writes."""

import io
from datetime import datetime
from random import Random

from PIL import Image, ImageDraw

from sample.spec import ZONE

SIZE = (560, 420)


def photo(number: int, stage: str, *, place: tuple[float, float], at: datetime) -> bytes:
    """Return a JPEG. The same number is the same street; only `before` and `verify` show what is wrong.

    Stages differ by where the person stood and by the light, so that before and after are alike but not the same.
    """
    street = Random(f"photo:{number}")
    image = Image.new("RGB", SIZE, (176 + street.randrange(40), 190 + street.randrange(40), 205 + street.randrange(40)))
    pen = ImageDraw.Draw(image)
    horizon = 170 + street.randrange(40)
    left = 0
    while left < SIZE[0]:
        width, top = 50 + street.randrange(90), 20 + street.randrange(110)
        wall = tuple(90 + street.randrange(120) for _ in range(3))
        pen.rectangle((left, top, left + width, horizon), fill=wall)
        for x in range(left + 8, left + width - 14, 20):
            for y in range(top + 10, horizon - 18, 24):
                pen.rectangle((x, y, x + 9, y + 13), fill=tuple(30 + street.randrange(190) for _ in range(3)))
        left += width
    pen.polygon(((0, SIZE[1]), (SIZE[0], SIZE[1]), (SIZE[0] * 2 // 3, horizon), (SIZE[0] // 3, horizon)), fill=(105, 105, 108))
    pen.polygon(((0, SIZE[1]), (0, horizon), (SIZE[0] // 3, horizon)), fill=(150, 142, 130))
    pen.polygon(((SIZE[0], SIZE[1]), (SIZE[0], horizon), (SIZE[0] * 2 // 3, horizon)), fill=(96, 128, 84))
    for _ in range(170):
        x, y = street.randrange(SIZE[0]), horizon + street.randrange(SIZE[1] - horizon)
        r = 1 + street.randrange(4)
        pen.ellipse((x - r, y - r, x + r, y + r), fill=tuple(40 + street.randrange(170) for _ in range(3)))
    spot = (170 + street.randrange(180), horizon + 60 + street.randrange(90))
    trouble = [(spot[0] + street.randrange(-38, 38), spot[1] + street.randrange(-18, 18)) for _ in range(26)]
    colours = [tuple(50 + street.randrange(110) for _ in range(3)) for _ in trouble]
    if stage in ("before", "verify"):
        for (x, y), colour in zip(trouble, colours, strict=True):
            pen.rectangle((x, y, x + 13, y + 9), fill=colour)
    other = Random(f"photo:{number}:{stage}")
    shift = (other.randrange(0, 14), other.randrange(0, 10))
    image = image.crop((shift[0], shift[1], SIZE[0] - 14 + shift[0], SIZE[1] - 10 + shift[1]))
    light = 0.88 + 0.02 * other.randrange(12)
    image = image.point([min(255, round(v * light)) for v in range(256)] * 3)
    local = at.astimezone(ZONE)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, image.height - 18, image.width, image.height), fill=(0, 0, 0))
    pen.text((6, image.height - 15), f"{local:%Y-%m-%d %H:%M}  {place[0]:.6f}, {place[1]:.6f}  SAMPLE", fill=(255, 255, 255))
    lon, lat = place[0] + other.gauss(0, 0.00006), place[1] + other.gauss(0, 0.00005)
    tags = image.getexif()
    tags[0x8825] = {1: "N", 2: _parts(lat), 3: "E", 4: _parts(lon)}
    tags.get_ifd(0x8769)[0x9003] = f"{local:%Y:%m:%d %H:%M:%S}"
    out = io.BytesIO()
    image.save(out, "JPEG", quality=72, exif=tags)
    return out.getvalue()


def _parts(degrees: float) -> tuple[float, float, float]:
    whole = int(degrees)
    minutes = int((degrees - whole) * 60)
    return float(whole), float(minutes), round((degrees - whole - minutes / 60) * 3600, 3)
