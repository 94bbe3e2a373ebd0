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

"""Each error of a convention is named right, in images of several shapes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vlm_robot.models.answer import ImageSize
from vlm_robot.models.selftest.cards import DECKS, Card
from vlm_robot.models.selftest.diagnosis import Fault, Sight, diagnose

Share = tuple[float, float]
Distort = Callable[[Share, ImageSize], Share]
SEEN_MULTIPLE = 28


@functools.cache
def cards(deck: str) -> tuple[Card, ...]:
    return DECKS[deck]()


def size_of(card: Card) -> ImageSize:
    height, width = card.rgb.shape[:2]
    seen = [max(1, round(n * 0.6 / SEEN_MULTIPLE)) * SEEN_MULTIPLE for n in (width, height)]
    return ImageSize(width, height, *seen)


def sides_of(name: str, size: ImageSize) -> Share:
    """The numbers that a convention has for an image's width and height."""
    if name == 'original':
        return size.width, size.height
    return size.seen if name == 'seen' else (float(name), float(name))


def sight(card: Card, distort: Distort, sides: str = '1000') -> Sight:
    size = size_of(card)
    true = (card.true[0] + 0.5) / size.width, (card.true[1] + 0.5) / size.height
    x, y = distort(true, size)
    read = x * size.width - 0.5, y * size.height - 0.5
    return Sight(size, card.true, card.radius, read, sides_of(sides, size))


def sights(deck: str, distort: Distort, sides: str = '1000') -> list[Sight]:
    return [sight(card, distort, sides) for card in cards(deck)]


PATTERNS: dict[Fault, Distort] = {
    Fault.RIGHT: lambda p, _: p,
    Fault.MIRRORED_X: lambda p, _: (1 - p[0], p[1]),
    Fault.MIRRORED_Y: lambda p, _: (p[0], 1 - p[1]),
    Fault.TURNED: lambda p, _: (1 - p[0], 1 - p[1]),
    Fault.SWAPPED: lambda p, _: (p[1], p[0]),
}

decks = pytest.mark.parametrize('deck', sorted(DECKS))


@decks
@pytest.mark.parametrize('fault', PATTERNS)
def test_a_pattern_is_named(deck: str, fault: Fault) -> None:
    found = diagnose(sights(deck, PATTERNS[fault]))
    assert found.fault is fault
    assert found.sentence


@decks
@pytest.mark.parametrize('fault', PATTERNS)
@settings(max_examples=20)
@given(st.randoms(use_true_random=False))
def test_a_pattern_is_named_though_points_are_not_exact(
    deck: str, fault: Fault, random: object
) -> None:
    def distort(p: Share, size: ImageSize) -> Share:
        u, v = (random.uniform(-4, 4) for _ in range(2))  # type: ignore[attr-defined]
        x, y = PATTERNS[fault](p, size)
        return x + u / size.width, y + v / size.height

    assert diagnose(sights(deck, distort)).fault is fault


UNITS = ('1', '100', '1000', '1024', 'original', 'seen')
ALIKE = [{'1000', '1024'}]  # a difference too small to miss a thing


@decks
@pytest.mark.parametrize('meant', UNITS)
@pytest.mark.parametrize('declared', UNITS)
def test_numbers_in_other_units_than_declared_are_named_with_the_units_that_they_are_in(
    deck: str, meant: str, declared: str
) -> None:
    def distort(p: Share, size: ImageSize) -> Share:
        sides = zip(sides_of(meant, size), sides_of(declared, size), strict=True)
        x, y = (share * m / d for share, (m, d) in zip(p, sides, strict=True))
        return x, y

    found = diagnose(sights(deck, distort, declared))

    if declared == meant or {declared, meant} in ALIKE:
        assert found.fault is Fault.RIGHT
        return
    assert found.fault is Fault.SCALED
    named = f'units.scale: {meant}' if meant in ('original', 'seen') else f'divisor: {meant})'
    assert named in found.sentence


@decks
def test_thousandths_with_y_first_read_as_pixels_with_x_first_are_two_errors_and_both_are_named(
    deck: str,
) -> None:
    def distort(p: Share, size: ImageSize) -> Share:
        return p[1] * 1000 / size.width, p[0] * 1000 / size.height

    found = diagnose(sights(deck, distort, 'original'))

    assert found.fault is Fault.SWAPPED
    assert 'units.first' in found.sentence
    assert 'divisor: 1000' in found.sentence


@decks
@settings(max_examples=30)
@given(st.floats(0.3, 3.0), st.floats(0.3, 3.0))
def test_any_other_scale_is_named_with_its_factors(deck: str, kx: float, ky: float) -> None:
    found = diagnose(
        [
            Sight(s.size, s.true, s.radius, s.read)  # of a syntax with units of its own
            for s in sights(deck, lambda p, _: (p[0] * kx, p[1] * ky))
        ]
    )
    near = abs(kx - 1) < 0.25 and abs(ky - 1) < 0.25  # may be within the things
    assert found.fault is Fault.SCALED or (near and found.fault is not Fault.SCATTERED)
    if found.fault is Fault.SCALED:
        assert f'{kx:.3g} in x and {ky:.3g} in y' in found.sentence


@decks
@pytest.mark.parametrize('shift', [(0.3, 0.0), (0.0, -0.2), (0.15, 0.15), (-0.4, 0.1)])
@pytest.mark.parametrize('in_pixels', [False, True])
def test_a_shift_is_named_with_its_direction(deck: str, shift: Share, in_pixels: bool) -> None:
    def distort(p: Share, size: ImageSize) -> Share:
        sides = (640 / size.width, 640 / size.height) if in_pixels else (1.0, 1.0)
        return p[0] + shift[0] * sides[0], p[1] + shift[1] * sides[1]

    found = diagnose(sights(deck, distort))

    assert found.fault is Fault.SHIFTED
    assert ('pixels' if in_pixels else '% of the width') in found.sentence


@decks
@pytest.mark.parametrize('seed', range(20))
def test_points_anywhere_have_no_pattern(deck: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    found = diagnose(sights(deck, lambda *_: (rng.uniform(), rng.uniform())))
    assert found.fault is Fault.SCATTERED


@decks
def test_the_middle_of_every_image_has_no_pattern(deck: str) -> None:
    assert diagnose(sights(deck, lambda *_: (0.5, 0.5))).fault is Fault.SCATTERED


def test_one_wrong_point_among_right_ones_has_no_pattern() -> None:
    right = sights('drawn', PATTERNS[Fault.RIGHT])
    wrong = sight(cards('drawn')[0], PATTERNS[Fault.TURNED])
    found = diagnose([wrong, *right[1:]])
    assert found.fault is Fault.SCATTERED
    assert 'wrong on 1 of 6 images' in found.sentence


def without_points(given: Sequence[Sight], count: int) -> list[Sight]:
    mute = [Sight(s.size, s.true, s.radius, None) for s in given[:count]]
    return mute + list(given[count:])


@pytest.mark.parametrize('count', [1, 6])
def test_images_without_a_point_are_silent(count: int) -> None:
    found = diagnose(without_points(sights('drawn', PATTERNS[Fault.RIGHT]), count))
    assert found.fault is Fault.SILENT
    assert f'{6 - count or "none"} of 6 images' in found.sentence


def test_what_is_left_names_the_pattern_if_it_is_enough() -> None:
    mirrored = sights('drawn', PATTERNS[Fault.MIRRORED_X])
    assert diagnose(without_points(mirrored, 2)).fault is Fault.MIRRORED_X
    assert diagnose(without_points(mirrored, 3)).fault is Fault.SCATTERED


def test_a_pattern_that_two_errors_explain_is_not_named() -> None:
    # on the diagonal, exchanged axes and a mirror along the other one look alike
    made = [
        Card('x', np.zeros((100, 100, 3), np.uint8), (place - 0.5, 99.5 - place), 5.0)
        for place in (10, 25, 70, 85)
    ]
    swapped = [
        Sight(ImageSize(100, 100), c.true, 5.0, (99 - c.true[0], 99 - c.true[1]), (100, 100))
        for c in made
    ]
    assert diagnose(swapped).fault is Fault.SCATTERED
