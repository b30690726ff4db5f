"""Before and after: the same scene from a little to the side, another scene, and pictures that say nothing."""

import random

import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from yiwang.kernel.files.scene import Verdict, compare
from yiwang.kernel.files.tests.conftest import encoded, street


def moved(image, seed):
    """The same place an hour later: a step aside, a little turned, other light, the hole mended."""
    rng = random.Random(seed)
    width, height = image.size
    shift = [rng.uniform(-0.06, 0.06) for _ in range(8)]
    corners = [(0, 0), (0, height), (width, height), (width, 0)]
    quad = [c for n, (x, y) in enumerate(corners) for c in (x + shift[2 * n] * width, y + shift[2 * n + 1] * height)]
    after = image.transform(image.size, Image.Transform.QUAD, quad, Image.Resampling.BICUBIC, fillcolor=(90, 90, 90))
    ImageDraw.Draw(after).ellipse((350, 350, 520, 470), fill=(60, 60, 60))
    return ImageEnhance.Brightness(after).enhance(rng.uniform(0.65, 1.3)).filter(ImageFilter.GaussianBlur(0.6))


@pytest.mark.parametrize("seed", range(6))
def test_the_same_place_is_likely(seed):
    before = street(seed)
    found = compare(encoded(before), encoded(moved(before, seed), quality=70))
    assert found.verdict is Verdict.LIKELY, found
    assert found.score >= 0.5


@pytest.mark.parametrize("seed", range(6))
def test_another_place_is_never_likely(seed):
    found = compare(encoded(street(seed)), encoded(street(seed + 100)))
    assert found.verdict is not Verdict.LIKELY, found
    assert found.score < 0.5


def test_most_other_places_are_told_apart():
    verdicts = [compare(encoded(street(n)), encoded(street(n + 50))).verdict for n in range(8)]
    assert verdicts.count(Verdict.NOT) >= 6


@pytest.mark.parametrize("other", [encoded(Image.new("RGB", (500, 400), "black")), b"", b"no picture", encoded(street(1, (30, 30)))])
def test_pictures_that_say_nothing_are_unsure(other):
    for pair in ((encoded(street(1)), other), (other, encoded(street(1)))):
        assert compare(*pair).verdict is Verdict.UNSURE


def test_the_answer_is_always_the_same():
    one, two = encoded(street(3)), encoded(moved(street(3), 9))
    assert len({compare(one, two) for _ in range(3)}) == 1


def test_a_mirrored_picture_is_not_the_same_scene():
    image = street(4)
    assert compare(encoded(image), encoded(image.transpose(Image.Transpose.FLIP_LEFT_RIGHT))).verdict is not Verdict.LIKELY
