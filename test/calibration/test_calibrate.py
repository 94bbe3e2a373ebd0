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

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import pytest
from board_pictures import (
    BOARD,
    FISHEYE,
    IN_HAND,
    PLUMB_BOB,
    RATIONAL,
    TO_HAND,
    Stage,
    photograph,
    samples,
    usual_samples,
    views,
)

from vlm_robot.calibration.board import Board
from vlm_robot.calibration.calibrate import Calibration, calibrate
from vlm_robot.calibration.equations import difference
from vlm_robot.calibration.faults import CalibrationRefused, Fault
from vlm_robot.calibration.mounting import Setup
from vlm_robot.calibration.optics import Optics
from vlm_robot.calibration.samples import Sample
from vlm_robot.core.geometry import from_quaternion

NUDGE = from_quaternion((0.01, 0.004, 0.0), (0.02, 0.01, 0.0, 1.0))
COUNT = 10


def solved(given: Sequence[Sample], *, setup: Setup = Setup.EYE_TO_HAND) -> Calibration:
    return calibrate(given, PLUMB_BOB, board=BOARD, setup=setup)


def refused(given: Sequence[Sample], board: Board = BOARD, **others: Setup) -> CalibrationRefused:
    chosen = {'setup': Setup.EYE_TO_HAND, **others}
    with pytest.raises(CalibrationRefused) as refusal:
        calibrate(given, PLUMB_BOB, board=board, **chosen)
    return refusal.value


@pytest.mark.parametrize('optics', [PLUMB_BOB, RATIONAL, FISHEYE], ids=lambda o: o.model)
@pytest.mark.parametrize('stage', [TO_HAND, IN_HAND], ids=lambda s: s.setup.value)
def test_the_camera_is_found_to_a_millimetre_and_a_tenth_of_a_degree(
    stage: Stage, optics: Optics
) -> None:
    found = calibrate(usual_samples(stage, optics), optics, board=BOARD, setup=stage.setup)

    off = difference(stage.T_mount_camera, found.T_mount_camera)
    assert np.linalg.norm(off[3:]) < 0.001
    assert np.rad2deg(np.linalg.norm(off[:3])) < 0.1
    assert found.rms_px < 0.4
    assert found.dropped == ()
    holder = difference(stage.T_holder_board, found.poses.T_holder_board)
    assert np.linalg.norm(holder[3:]) < 0.001


def test_the_stated_deviation_covers_the_error_of_a_shaky_arm() -> None:
    found, steady = solved(shaken(5e-4)), solved(usual_samples(TO_HAND))

    off = difference(TO_HAND.T_mount_camera, found.T_mount_camera)
    assert found.deviation_m > 2 * steady.deviation_m
    assert np.linalg.norm(off[3:]) < 4 * found.deviation_m
    assert np.linalg.norm(off[:3]) < 4 * found.deviation_rad


def shaken(size: float) -> list[Sample]:
    """Samples of an arm that is off by so many metres and radians."""
    random = np.random.default_rng(1)
    moves = (
        from_quaternion(random.normal(0, size, 3), (*random.normal(0, size / 2, 3), 1.0))
        for _ in range(COUNT)
    )
    pairs = zip(usual_samples(TO_HAND), moves, strict=True)
    return [dataclasses.replace(s, T_base_tool=s.T_base_tool @ move) for s, move in pairs]


def test_a_bad_sample_is_found_and_changes_nothing() -> None:
    spoilt = list(usual_samples(TO_HAND))
    spoilt[4] = dataclasses.replace(spoilt[4], T_base_tool=spoilt[4].T_base_tool @ NUDGE)

    found = solved(spoilt)

    assert [seen.sample.name for seen, _ in found.dropped] == ['004.png']
    assert found.dropped[0][1] > 5.0
    off = difference(TO_HAND.T_mount_camera, found.T_mount_camera)
    assert np.linalg.norm(off[3:]) < 0.001


def test_a_left_out_sample_is_foretold_about_as_well_as_one_that_was_fitted() -> None:
    found = solved(usual_samples(TO_HAND))
    assert len(found.left_out_px) == COUNT
    assert found.sample_px.mean() <= found.left_out_px.mean() < 2 * found.sample_px.mean()


def test_images_without_the_board_are_named_and_left_out() -> None:
    empty = dataclasses.replace(usual_samples(TO_HAND)[0], image=np.full((480, 640), 90, np.uint8))
    found = solved([*usual_samples(TO_HAND), dataclasses.replace(empty, name='empty.png')])
    assert found.unseen == ('empty.png',)


def test_too_few_samples_are_refused() -> None:
    refusal = refused(usual_samples(TO_HAND)[:5])
    assert refusal.fault is Fault.TOO_FEW_SAMPLES
    assert 'seen in 5 of 5 images' in str(refusal)
    assert refused([]).fault is Fault.TOO_FEW_SAMPLES


def test_a_board_that_is_nowhere_seen_is_refused_with_what_is_seen() -> None:
    refusal = refused(usual_samples(TO_HAND), Board(dictionary='DICT_4X4_50'))
    assert refusal.fault is Fault.BOARD_NOT_SEEN
    assert 'DICT_5X5_50 are' in str(refusal)


@pytest.mark.parametrize('factor', [0.97, 1.1])
def test_a_board_of_another_size_is_refused_with_its_true_size(factor: float) -> None:
    refusal = refused(
        usual_samples(TO_HAND), Board(square_m=0.03 * factor, marker_m=0.022 * factor)
    )
    assert refusal.fault is Fault.WRONG_BOARD_SIZE
    assert 'those of 0.0300 m would leave' in str(refusal)


def test_the_other_setup_is_refused_and_named() -> None:
    refusal = refused(usual_samples(TO_HAND), setup=Setup.EYE_IN_HAND)
    assert refusal.fault is Fault.WRONG_SETUP
    assert 'as eye-to-hand it is 0' in str(refusal)


def test_poses_that_do_not_belong_to_the_images_are_refused() -> None:
    rotated = [*usual_samples(TO_HAND)[1:], usual_samples(TO_HAND)[0]]
    mixed = [
        dataclasses.replace(sample, T_base_tool=other.T_base_tool)
        for sample, other in zip(usual_samples(TO_HAND), rotated, strict=True)
    ]
    assert refused(mixed).fault is Fault.IMPLAUSIBLE


def test_many_bad_samples_are_refused_with_their_names() -> None:
    spoilt = usual_samples(TO_HAND)
    for i in range(4):
        moved = np.linalg.matrix_power(NUDGE, (-3, 5, -4, 2)[i])
        spoilt[i] = dataclasses.replace(spoilt[i], T_base_tool=spoilt[i].T_base_tool @ moved)
    refusal = refused(spoilt)
    assert refusal.fault is Fault.IMPLAUSIBLE
    assert '4 of 10 samples do not fit the others: 000.png, 001.png, 002.png' in str(refusal)


def test_an_arm_that_is_not_where_it_says_leaves_the_pose_uncertain() -> None:
    refusal = refused(shaken(3e-3))
    assert refusal.fault is Fault.UNCERTAIN
    assert 'degrees only' in str(refusal)


def test_turning_about_one_axis_is_refused() -> None:
    refusal = refused(samples(TO_HAND, views(6, seed=5, axis=(0.3, 1.0, 0.0))))
    assert refusal.fault is Fault.DEGENERATE_MOTION
    assert 'about one axis only' in str(refusal)


def test_an_arm_that_only_shifts_is_refused() -> None:
    (view,) = views(1, seed=5)
    shifted = [view.copy() for _ in range(6)]
    for step, pose in enumerate(shifted):
        pose[:3, 3] += (0.005 * step, -0.004 * step, 0.01 * step)
    refusal = refused(samples(TO_HAND, shifted))
    assert refusal.fault is Fault.DEGENERATE_MOTION
    assert 'at most 0.0 degrees' in str(refusal)


def test_pictures_of_the_test_show_the_board_where_it_is() -> None:
    image = photograph(views(1, seed=3)[0], PLUMB_BOB)
    assert image.shape == (480, 640)
    assert image.min() < 60
    assert image.max() > 180
