"""Do two photos show the same scene? (处置前后比对) ORB features, a homography by RANSAC, and an honest "unsure".

A person decides; this only says what the pictures say.
"""

from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np

SIDE = 800
FEATURES = 2000
RATIO = 0.78
LIKELY_INLIERS, NOT_INLIERS = 22, 9
MIN_FEATURES = 40


class Verdict(StrEnum):
    LIKELY = "likely"
    NOT = "not"
    UNSURE = "unsure"


@dataclass(frozen=True)
class SceneMatch:
    """`score` 0 to 1 grows with the number of points that move together; `inliers` of `matches` do."""

    verdict: Verdict
    score: float
    inliers: int = 0
    matches: int = 0


def compare(before: bytes, after: bytes) -> SceneMatch:
    """Compare two photos (any format that OpenCV reads; ours are JPEG).

    Likely: at least 22 points agree on one change of view that a camera can make. Not: hardly any do. Unsure: in
    between, or one picture has too little drawing in it (a wall, the night), or cannot be read.
    """
    one, two = _grey(before), _grey(after)
    if one is None or two is None:
        return SceneMatch(Verdict.UNSURE, 0.0)
    orb = cv2.ORB_create(nfeatures=FEATURES, fastThreshold=10)  # type: ignore[attr-defined]
    points_one, marks_one = orb.detectAndCompute(one, None)
    points_two, marks_two = orb.detectAndCompute(two, None)
    if min(len(points_one), len(points_two)) < MIN_FEATURES or marks_one is None or marks_two is None:
        return SceneMatch(Verdict.UNSURE, 0.0)
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(marks_one, marks_two, k=2)
    good = [pair[0] for pair in pairs if len(pair) == 2 and pair[0].distance < RATIO * pair[1].distance]
    if len(good) < 4:
        return SceneMatch(Verdict.NOT, 0.0, 0, len(good))
    source = np.array([points_one[m.queryIdx].pt for m in good], dtype=np.float32).reshape(-1, 1, 2)
    target = np.array([points_two[m.trainIdx].pt for m in good], dtype=np.float32).reshape(-1, 1, 2)
    cv2.setRNGSeed(1)  # the same two pictures always get the same answer
    matrix, mask = cv2.findHomography(source, target, cv2.RANSAC, 5.0)
    inliers = 0 if mask is None else int(mask.sum())
    if matrix is None or not _possible(matrix, one.shape):
        inliers = min(inliers, NOT_INLIERS - 1)
    score = round(min(1.0, inliers / (2.0 * LIKELY_INLIERS)), 3)
    if inliers >= LIKELY_INLIERS and inliers >= 0.15 * len(good):
        verdict = Verdict.LIKELY
    else:
        verdict = Verdict.NOT if inliers < NOT_INLIERS else Verdict.UNSURE
    return SceneMatch(verdict, score, inliers, len(good))


def _grey(data: bytes) -> "np.ndarray | None":
    raw = np.frombuffer(data, dtype=np.uint8)
    image = cv2.imdecode(raw, cv2.IMREAD_GRAYSCALE) if raw.size else None
    if image is None:
        return None
    scale = SIDE / max(image.shape)
    if scale < 1:
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    # Morning and evening of the same street: even out the light first.
    return cv2.createCLAHE(clipLimit=2.0, tileGridSize=(8, 8)).apply(image)


def _possible(matrix: np.ndarray, shape: tuple[int, ...]) -> bool:
    """Say whether a camera can make this change of view: not mirrored, not folded, scaled by 6 at most."""
    height, width = shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32).reshape(-1, 1, 2)
    moved = cv2.perspectiveTransform(corners, matrix).reshape(-1, 2)
    if not np.isfinite(moved).all() or not cv2.isContourConvex(moved.astype(np.float32)):
        return False
    area = cv2.contourArea(moved.astype(np.float32), oriented=True) / (width * height)
    return bool(1 / 36 < area < 36)
