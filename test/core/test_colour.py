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
"""Colours under shade and highlights."""

from __future__ import annotations

import numpy as np
import pytest
from tabletop_scenes import COLOURS

from vlm_robot.core.colour import same_colour


@pytest.mark.parametrize('name', COLOURS)
def test_shade_and_highlight_do_not_change_a_colour(name: str) -> None:
    colour = np.array(COLOURS[name], dtype=np.uint8)
    shades = np.array([0.5 * colour, 0.75 * colour, 0.85 * colour + 0.15 * 255])
    if name == 'black':
        shades = shades[:2]  # a highlight on black is grey
    assert same_colour(shades.astype(np.uint8), colour).all()


@pytest.mark.parametrize('name', COLOURS)
def test_other_colours_are_not_the_same(name: str) -> None:
    colour = np.array(COLOURS[name], dtype=np.uint8)
    others = np.array([value for key, value in COLOURS.items() if key != name], dtype=np.uint8)
    assert not same_colour(others, colour).any()


def test_noise_does_not_give_black_a_colour() -> None:
    black = np.random.default_rng(0).normal(12, 2, (500, 3)).clip(0, 255).astype(np.uint8)
    assert same_colour(black, np.array([12, 12, 12], dtype=np.uint8)).mean() > 0.95


@pytest.mark.parametrize('light', [1.3, 1.5, 1.6])
def test_an_overexposed_spot_belongs_to_the_thing_that_it_is_on(light: float) -> None:
    pink = np.array((190, 105, 140))
    spot = np.minimum(light * pink + 25, 255).astype(np.uint8)
    assert spot.max() == 255
    assert same_colour(pink[None].astype(np.uint8), spot).all()
    others = np.array([COLOURS[name] for name in ('green', 'blue', 'yellow', 'white')])
    assert not same_colour(others.astype(np.uint8), spot).any()
