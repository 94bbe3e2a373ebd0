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

"""Which topics of somebody's bag are a camera."""

from __future__ import annotations

import pytest

from vlm_robot.bags.camera_topics import COMPRESSED, IMAGE, INFO, find_camera
from vlm_robot.bags.records import Topic
from vlm_robot.core.errors import ConfigurationError

DRIVERS = {
    'ours': {
        'image_raw': '/image_raw',
        'depth': '/depth/image_raw',
        'info': '/camera_info',
        'others': ['/vlm_node/overlay', '/sim_node/scene_view'],
    },
    'ours, compressed': {
        'image_raw': '/left/image_raw/compressed',
        'depth': '/left/depth/image_raw/compressedDepth',
        'info': '/left/camera_info',
        'others': [],
    },
    'realsense, aligned': {
        'image_raw': '/camera/camera/color/image_raw',
        'depth': '/camera/camera/aligned_depth_to_color/image_raw',
        'info': '/camera/camera/color/camera_info',
        'depth_info': '/camera/camera/aligned_depth_to_color/camera_info',
        'others': [
            '/camera/camera/depth/image_rect_raw',
            '/camera/camera/infra1/image_rect_raw',
            '/camera/camera/color/image_raw/compressed',
        ],
    },
    'realsense, not aligned': {
        'image_raw': '/camera/color/image_raw',
        'depth': '/camera/depth/image_rect_raw',
        'info': '/camera/color/camera_info',
        'depth_info': '/camera/depth/camera_info',
        'others': ['/camera/infra1/image_rect_raw'],
    },
    'zed': {
        'image_raw': '/zed/zed_node/rgb/image_rect_color',
        'depth': '/zed/zed_node/depth/depth_registered',
        'info': '/zed/zed_node/rgb/camera_info',
        'depth_info': '/zed/zed_node/depth/camera_info',
        'others': ['/zed/zed_node/confidence/confidence_map', '/zed/zed_node/right/image_rect'],
    },
    'orbbec': {
        'image_raw': '/camera/color/image_raw',
        'depth': '/camera/depth/image_raw',
        'info': '/camera/color/camera_info',
        'depth_info': '/camera/depth/camera_info',
        'others': ['/camera/ir/image_raw'],
    },
    'kinect': {
        'image_raw': '/rgb/image_raw',
        'depth': '/depth_to_rgb/image_raw',
        'info': '/rgb/camera_info',
        'depth_info': '/depth_to_rgb/camera_info',
        'others': ['/ir/image_raw', '/depth/image_raw'],
    },
    'isaac sim': {
        'image_raw': '/rgb',
        'depth': '/depth',
        'info': '/camera_info',
        'others': [],
    },
}


def image(name: str) -> Topic:
    packed = name.endswith(('/compressed', '/compressedDepth'))
    return Topic(name, COMPRESSED if packed else IMAGE, 1)


@pytest.mark.parametrize('driver', DRIVERS)
def test_the_topics_of_a_known_driver_are_found(driver: str) -> None:
    names = DRIVERS[driver]
    topics = [image(name) for name in (*names['others'], names['image_raw'], names['depth'])]
    topics += [Topic(names[k], INFO, 1) for k in ('depth_info', 'info') if k in names]
    topics += [Topic('/joint_states', 'sensor_msgs/msg/JointState', 1)]

    found = find_camera(topics)

    assert found.colour.name == names['image_raw']
    assert found.depth is not None
    assert found.depth.name == names['depth']
    assert found.info is not None
    assert found.info.name == names['info']
    assert (found.depth_info.name if found.depth_info else None) == names.get('depth_info')
    assert found.is_rectified == (driver == 'zed')


def test_a_camera_is_looked_for_in_its_namespace_only() -> None:
    topics = [image('/left/image_raw'), image('/right/image_raw'), image('/right/depth/image_raw')]

    found = find_camera(topics, camera='right', chosen={})

    assert found.colour.name == '/right/image_raw'
    assert find_camera(topics, camera='/left/').depth is None


def test_what_is_known_better_counts() -> None:
    topics = [image('/image_raw'), image('/depth/image_raw'), image('/x'), image('/y')]

    found = find_camera(topics, chosen={'colour': '/x', 'depth': '/y'})

    assert (found.colour.name, found.depth.name if found.depth else '') == ('/x', '/y')
    assert found.sentence() == ("colour /x, depth /y, camera_info none, depth's camera_info none")


@pytest.mark.parametrize(
    ('chosen', 'sentence'),
    [
        ({'color': '/x'}, r"unknown role of a topic 'color'.*did you mean 'colour'"),
        ({'colour': '/imag_raw'}, r"no topic '/imag_raw'.*did you mean '/image_raw'"),
        ({'colour': '/joint_states'}, r"'/joint_states' is sensor_msgs/msg/JointState: expected"),
    ],
)
def test_a_wrong_choice_is_refused_by_name(chosen: dict[str, str], sentence: str) -> None:
    topics = [image('/image_raw'), Topic('/joint_states', 'sensor_msgs/msg/JointState', 1)]

    with pytest.raises(ConfigurationError, match=sentence):
        find_camera(topics, chosen=chosen)


def test_a_bag_without_a_colour_image_says_what_it_has() -> None:
    with pytest.raises(ConfigurationError, match=r'no colour image: it has /depth/image_raw'):
        find_camera([image('/depth/image_raw')])
    with pytest.raises(ConfigurationError, match=r"below 'left': it has nothing"):
        find_camera([], camera='left')
