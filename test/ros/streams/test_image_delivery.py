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

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from rclpy.utilities import get_rmw_implementation_identifier
from ros_fixture import Ros, open_ros, wait_until
from sensor_msgs.msg import Image

from vlm_robot.bringup.graph import fast_dds_variable, sim_environment
from vlm_robot.ros import qos
from vlm_robot.ros.streams.newest import Newest

pytestmark = [
    pytest.mark.ros,
    pytest.mark.skipif(
        not get_rmw_implementation_identifier().startswith('rmw_fastrtps'),
        reason='is about Fast DDS',
    ),
]

PUBLISHER = Path(__file__).parents[2] / 'image_publisher.py'
COUNT = 90
ENDLESS = 1_000_000  # it is killed before


@pytest.fixture
def ros() -> Iterator[Ros]:
    with open_ros() as opened:
        yield opened


def start_publisher(
    ros: Ros, environment: Mapping[str, str], *, count: int = COUNT
) -> subprocess.Popen[bytes]:
    domain = {'ROS_DOMAIN_ID': str(ros.context.get_domain_id())}
    inherited = {k: v for k, v in os.environ.items() if k != fast_dds_variable()}
    command = [sys.executable, str(PUBLISHER), str(count)]
    return subprocess.Popen(command, env=inherited | domain | dict(environment))


def test_best_effort_images_arrive_from_a_process_that_is_started_as_the_simulator_is(
    ros: Ros,
) -> None:
    images = ros.collect(Image, 'image_raw', qos.SENSOR)
    publisher = start_publisher(ros, sim_environment())
    assert publisher.wait(30) == 0
    wait_until(lambda: images)
    numbers = [image.header.stamp.sec for image in images]
    assert len(numbers) > 0.8 * (COUNT - numbers[0] + 1)


def test_images_that_arrive_but_are_seldom_taken_are_not_called_lost(ros: Ros) -> None:
    images = ros.collect(Image, 'image_raw', qos.SENSOR)
    stream = Newest(ros.node, Image, 'image_raw', qos=qos.sensor(2))
    publisher = start_publisher(ros, sim_environment())
    for count in (15, 30, 45, 60):
        wait_until(lambda count=count: len(images) > count)
        stream.messages()
    health = stream.health()
    publisher.kill()
    publisher.wait()
    assert health.published_hz > 0
    assert health.rate_hz > 0.8 * health.published_hz
    assert 'Hz arrive' not in health.finding


def test_images_that_do_not_arrive_have_the_cause_and_the_cure_named(ros: Ros) -> None:
    stream = Newest(ros.node, Image, 'image_raw')
    publisher = start_publisher(ros, {}, count=ENDLESS)
    findings: list[str] = []

    def is_named() -> bool:
        findings.append(stream.health().finding)
        return 'fastdds.xml' in findings[-1]

    wait_until(is_named)
    assert 'do not fit' in findings[-1]
    assert f'{fast_dds_variable()}=' in findings[-1]
    publisher.kill()
    publisher.wait()
