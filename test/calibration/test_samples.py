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

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from board_pictures import PLUMB_BOB

from vlm_robot.calibration.faults import CalibrationRefused, Fault
from vlm_robot.calibration.samples import CAMERA, POSES, Sample, SampleFolder, load, save
from vlm_robot.core.geometry import from_quaternion


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rgb = np.random.default_rng(1).integers(0, 255, (480, 640, 3), dtype=np.uint8)
    poses = [from_quaternion((0.1 * i, 0.2, 0.3), (0.1, 0.2, 0.3, 0.9)) for i in range(2)]
    samples = tuple(Sample(f'{i:03d}.png', rgb, pose) for i, pose in enumerate(poses))
    save(tmp_path, SampleFolder(samples, PLUMB_BOB, 'camera_optical', 'tool0'))
    return tmp_path


def change(path: Path, **values: Any) -> None:
    content = yaml.safe_load(path.read_text())
    path.write_text(yaml.safe_dump({**content, **values}))


def refused(folder: Path) -> CalibrationRefused:
    with pytest.raises(CalibrationRefused) as refusal:
        load(folder)
    return refusal.value


def test_samples_come_back_as_they_were_kept(folder: Path) -> None:
    content = load(folder)
    rgb = np.random.default_rng(1).integers(0, 255, (480, 640, 3), dtype=np.uint8)

    assert (content.camera_frame, content.tool_frame) == ('camera_optical', 'tool0')
    assert [sample.name for sample in content.samples] == ['000.png', '001.png']
    np.testing.assert_array_equal(content.samples[1].image, rgb)
    expected = from_quaternion((0.1, 0.2, 0.3), (0.1, 0.2, 0.3, 0.9))
    np.testing.assert_allclose(content.samples[1].T_base_tool, expected, atol=1e-12)
    np.testing.assert_array_equal(content.optics.coefficients, PLUMB_BOB.coefficients)


@pytest.mark.parametrize(
    ('entry', 'sentence'),
    [
        ('000.png', 'expected image, position and quat_xyzw'),
        ({'image': '000.png', 'position': [0, 0, 0]}, 'expected image, position'),
        ({'image': '000.png', 'position': [0, 0], 'quat_xyzw': [0, 0, 0, 1]}, 'is no sample'),
        (
            {'image': '000.png', 'position': [0, 0, 0], 'quat_xyzw': [0, 0, 0, 0]},
            'is no sample',
        ),
        (
            {'image': '000.png', 'position': [0, 0, float('nan')], 'quat_xyzw': [0, 0, 0, 1]},
            'no finite position',
        ),
        (
            {'image': '../000.png', 'position': [0, 0, 0], 'quat_xyzw': [0, 0, 0, 1]},
            'not the name of a file beside',
        ),
        (
            {'image': 'gone.png', 'position': [0, 0, 0], 'quat_xyzw': [0, 0, 0, 1]},
            'is no image that can be read',
        ),
        (
            {'image': 'poses.yaml', 'position': [0, 0, 0], 'quat_xyzw': [0, 0, 0, 1]},
            'is no image that can be read',
        ),
    ],
)
def test_a_spoilt_sample_is_refused_by_name(folder: Path, entry: Any, sentence: str) -> None:
    change(folder / POSES, T_base_tool=[entry])
    refusal = refused(folder)
    assert refusal.fault is Fault.BAD_SAMPLES
    assert sentence in str(refusal)


def test_images_of_another_size_than_camera_info_are_refused(folder: Path) -> None:
    change(folder / CAMERA, image_width=1280)
    assert 'camera_info is for 1280 x 480' in str(refused(folder))


@pytest.mark.parametrize('text', ['T_base_tool: 5', '[', 'a', ''])
def test_a_file_of_poses_that_is_none_is_refused(folder: Path, text: str) -> None:
    (folder / POSES).write_text(text)
    assert refused(folder).fault is Fault.BAD_SAMPLES


def test_a_folder_without_camera_info_or_poses_is_refused(folder: Path) -> None:
    (folder / CAMERA).unlink()
    assert refused(folder).fault is Fault.NO_CAMERA_INFO
    (folder / POSES).unlink()
    assert refused(folder).fault is Fault.BAD_SAMPLES
