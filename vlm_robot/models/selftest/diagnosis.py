# Copyright 2026 The vlm_robot authors
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""Names the error of a convention from where a model points at things whose place is known."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from vlm_robot.core.values import Pixel
from vlm_robot.models.answer import ImageSize

Share = tuple[float, float]
"""A place as shares of the image's width and height, 0 at the left and upper edges."""

_LEAST_POINTS = 4  # fewer are explained by many an error
_RIVAL = 2.0  # what fits this much worse than the best is no rival to it
_PRECISE = 0.1  # of a radius: fits below are all alike


class Fault(StrEnum):
    """What is wrong with where a model points."""

    RIGHT = 'right'
    MIRRORED_X = 'mirrored in x'
    MIRRORED_Y = 'mirrored in y'
    TURNED = 'mirrored in x and y'
    SWAPPED = 'swapped axes'
    SCALED = 'wrong scale'
    SHIFTED = 'shifted'
    SILENT = 'silent'  # there are images without a point
    SCATTERED = 'scattered'  # wrong without a pattern


@dataclass(frozen=True)
class Sight:
    """One image, and where a model pointed on it."""

    size: ImageSize
    true: Pixel
    radius: float  # pixels: a point within is right
    read: Pixel | None  # as its profile reads it, though it be outside the image; None: no point
    sides: tuple[float, float] | None = None
    """Numbers that the profile takes a width and a height for; None: the syntax fixes them."""


@dataclass(frozen=True)
class Diagnosis:
    """The fault, and a sentence about it for a person."""

    fault: Fault
    sentence: str


@dataclass(frozen=True)
class _Hypothesis:
    """An error of convention: `mend` takes what was read to what was meant."""

    fault: Fault
    sentence: str
    mend: Callable[[Sight, Share], Share]


def diagnose(sights: Sequence[Sight]) -> Diagnosis:
    """Say which error explains all points; where several do equally well, none is named."""
    pointed = [sight for sight in sights if sight.read is not None]
    count = f'{len(pointed)} of {len(sights)} images'
    if not pointed:
        return Diagnosis(Fault.SILENT, f'the model points on none of {len(sights)} images')
    misses = [_miss(sight, lambda _, share: share) for sight in pointed]
    if max(misses) <= 1:
        if len(pointed) == len(sights):
            return Diagnosis(Fault.RIGHT, f'the model points right on {count}')
        return Diagnosis(Fault.SILENT, f'the model points only on {count}, and right on those')
    found = _explanation(pointed)
    if found is None:
        wrong = sum(miss > 1 for miss in misses)
        return Diagnosis(
            Fault.SCATTERED,
            f'the model points wrong on {wrong} of {len(sights)} images, and no error of '
            'convention explains it',
        )
    return Diagnosis(found.fault, f'on {count}, {found.sentence}')


def _explanation(sights: Sequence[Sight]) -> _Hypothesis | None:
    """Return the one error that explains all points."""
    if len(sights) < _LEAST_POINTS:
        return None
    for group in (_NAMED, tuple(fit(sights) for fit in _FITS)):
        worst = {h: max(_miss(sight, h.mend) for sight in sights) for h in group}
        fitting = [h for h in group if worst[h] <= 1]
        if fitting:
            best = min(fitting, key=worst.__getitem__)
            bound = max(_RIVAL * worst[best], _PRECISE)
            rivals = {h.fault for h in fitting if worst[h] <= bound}
            return best if len(rivals) == 1 else None
    return None


def _miss(sight: Sight, mend: Callable[[Sight, Share], Share]) -> float:
    """Return how far off a mended point is, in radii; infinite where it cannot be mended."""
    assert sight.read is not None
    width, height = sight.size.width, sight.size.height
    x, y = mend(sight, _share(sight, sight.read))
    u, v = x * width - 0.5, y * height - 0.5
    miss = math.hypot(u - sight.true[0], v - sight.true[1]) / sight.radius
    return miss if math.isfinite(miss) else math.inf


def _share(sight: Sight, pixel: Pixel) -> Share:
    return (pixel[0] + 0.5) / sight.size.width, (pixel[1] + 0.5) / sight.size.height


def _swap(sight: Sight, share: Share) -> Share:
    """Exchange the two numbers of an answer."""
    width, height = sight.sides or (1.0, 1.0)
    return share[1] * height / width, share[0] * width / height


def _rescale(sides: Callable[[ImageSize], tuple[float, float]]) -> Callable[[Sight, Share], Share]:
    """Take the numbers of an answer for those of other sides."""

    def mend(sight: Sight, share: Share) -> Share:
        if sight.sides is None:
            return math.nan, math.nan
        width, height = sides(sight.size)
        return share[0] * sight.sides[0] / width, share[1] * sight.sides[1] / height

    return mend


def _units() -> list[tuple[str, Callable[[Sight, Share], Share]]]:
    """Name what numbers may mean, and how points are mended that were read otherwise."""
    named = [
        (f'from 0 to {divisor} (units.scale: share, divisor: {divisor})', _divide_by(divisor))
        for divisor in (1, 100, 1000, 1024)
    ]
    original = 'pixels of the original image (units.scale: original)'
    seen = 'pixels of the image that the model saw (units.scale: seen)'
    named.append((original, _rescale(lambda size: (size.width, size.height))))
    named.append((seen, _rescale(lambda size: size.seen)))
    return named


def _divide_by(divisor: float) -> Callable[[Sight, Share], Share]:
    return _rescale(lambda _: (divisor, divisor))


def _named() -> tuple[_Hypothesis, ...]:
    found = [
        _Hypothesis(
            Fault.MIRRORED_X,
            'its points are mirrored in x: left and right are exchanged',
            lambda _, share: (1 - share[0], share[1]),
        ),
        _Hypothesis(
            Fault.MIRRORED_Y,
            'its points are mirrored in y: up and down are exchanged',
            lambda _, share: (share[0], 1 - share[1]),
        ),
        _Hypothesis(
            Fault.TURNED,
            'its points are mirrored in x and y: the image is turned upside down',
            lambda _, share: (1 - share[0], 1 - share[1]),
        ),
        _Hypothesis(Fault.SWAPPED, 'its axes are swapped (units.first is the other axis)', _swap),
    ]
    for words, mend in _units():
        found.append(_Hypothesis(Fault.SCALED, f'its numbers are {words}', mend))
        both = f'its axes are swapped (units.first is the other axis) and its numbers are {words}'
        found.append(_Hypothesis(Fault.SWAPPED, both, _after_swap(mend)))
    return tuple(found)


def _after_swap(mend: Callable[[Sight, Share], Share]) -> Callable[[Sight, Share], Share]:
    return lambda sight, share: mend(sight, _swap(sight, share))


_NAMED = _named()


def _fitted_scale(sights: Sequence[Sight]) -> _Hypothesis:
    """Fit one factor for each axis, the same in all images."""
    read, true = _columns(sights)
    kx, ky = (float(v) for v in (read * true).sum(0) / (true * true).sum(0))
    return _Hypothesis(
        Fault.SCALED,
        f'its points are scaled by {kx:.3g} in x and {ky:.3g} in y',
        lambda _, share: (share[0] / kx, share[1] / ky) if kx and ky else (math.nan, math.nan),
    )


def _fitted_shift(sights: Sequence[Sight]) -> _Hypothesis:
    """Fit one shift, the same share of every image."""
    read, true = _columns(sights)
    dx, dy = (float(v) for v in (read - true).mean(0))
    return _Hypothesis(
        Fault.SHIFTED,
        f'its points are shifted by {dx:+.1%} of the width and {dy:+.1%} of the height',
        lambda _, share: (share[0] - dx, share[1] - dy),
    )


def _fitted_shift_px(sights: Sequence[Sight]) -> _Hypothesis:
    """Fit one shift in pixels, the same in all images."""
    read, true = _columns(sights)
    sizes = np.array([(sight.size.width, sight.size.height) for sight in sights])
    du, dv = (float(v) for v in ((read - true) * sizes).mean(0))
    return _Hypothesis(
        Fault.SHIFTED,
        f'its points are shifted by {du:+.0f} pixels in x and {dv:+.0f} in y',
        lambda sight, share: (share[0] - du / sight.size.width, share[1] - dv / sight.size.height),
    )


def _columns(sights: Sequence[Sight]) -> tuple[np.ndarray, np.ndarray]:
    """Return what was read and what is true as shares, each (n, 2)."""
    read = np.array([_share(sight, sight.read) for sight in sights if sight.read is not None])
    return read, np.array([_share(sight, sight.true) for sight in sights])


_FITS = (_fitted_scale, _fitted_shift, _fitted_shift_px)
