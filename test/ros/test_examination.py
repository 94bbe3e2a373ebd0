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

from collections.abc import Iterator

import pytest
from geometry_msgs.msg import PoseStamped
from rclpy.action.client import ActionClient
from rclpy.action.server import ActionServer
from rclpy.node import Node
from ros_fixture import Ros, open_ros, wait_until
from trajectory_msgs.msg import JointTrajectory

from vlm_robot.ros import qos
from vlm_robot.ros.examination import Examination
from vlm_robot_interfaces.action import ExecuteStep

pytestmark = pytest.mark.ros


@pytest.fixture
def ros() -> Iterator[Ros]:
    with open_ros() as opened:
        yield opened


def motion_node(ros: Ros, executor: str) -> Node:
    node = Node('motion_node', context=ros.context)
    node.declare_parameter('executor', executor)
    node.create_publisher(JointTrajectory, 'arm_controller/joint_trajectory', qos.COMMAND)
    node.create_publisher(PoseStamped, 'goal_pose', qos.COMMAND)
    return node


@pytest.mark.parametrize(
    ('executor', 'topics'),
    [
        ('trajectory', {'/arm_controller/joint_trajectory'}),
        ('topic', {'/goal_pose'}),
        ('moveit', set()),
    ],
)
def test_the_topics_that_are_looked_at_are_those_of_the_executor(
    ros: Ros, executor: str, topics: set[str]
) -> None:
    ros.spin(motion_node(ros, executor))
    examination = Examination(ros.node)
    wait_until(lambda: examination.facts().of('motion_node').get('executor') == executor)
    wait_until(lambda: set(examination.facts().controllers) == topics)


def test_an_action_that_motion_node_calls_is_looked_at_by_how_many_serve_it(ros: Ros) -> None:
    node = motion_node(ros, 'moveit')
    client: ActionClient = ActionClient(node, ExecuteStep, 'move_action')
    ros.spin(node)
    examination = Examination(ros.node)
    wait_until(lambda: examination.facts().actions == {'/move_action': 0})
    server = ros.bare_node('move_group')
    served = ActionServer(server, ExecuteStep, 'move_action', lambda handle: ExecuteStep.Result())
    wait_until(lambda: examination.facts().actions == {'/move_action': 1})
    served.destroy()
    client.destroy()


def test_nodes_of_another_namespace_are_not_ours_but_named(ros: Ros) -> None:
    ros.bare_node('task_node', namespace='/robot1')
    examination = Examination(ros.node)
    wait_until(lambda: examination.facts().elsewhere == {'task_node': ('/robot1',)})
    assert examination.facts().nodes.isdisjoint({'task_node'})
    assert examination.facts().namespace == '/'
