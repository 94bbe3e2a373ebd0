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

"""Goals and scenes as MoveIt's messages."""

from __future__ import annotations

from collections.abc import Sequence

from builtin_interfaces.msg import Time
from geometry_msgs.msg import Point, Pose, PoseStamped, Quaternion
from moveit_msgs.action import MoveGroup
from moveit_msgs.msg import (
    AttachedCollisionObject,
    BoundingVolume,
    CollisionObject,
    Constraints,
    JointConstraint,
    OrientationConstraint,
    PlanningScene,
    PositionConstraint,
    RobotState,
    RobotTrajectory,
)
from moveit_msgs.srv import GetCartesianPath
from shape_msgs.msg import SolidPrimitive
from std_msgs.msg import Header

from vlm_robot.ros.conversions import pose_message
from vlm_robot.ros.moveit.goals import JointGoal, LinkGoal
from vlm_robot.ros.moveit.parameters import MoveItParameters
from vlm_robot.ros.moveit.scene import HELD, Box, Surroundings

HERE = RobotState(is_diff=True)
"""Where the arm is: nothing differs from the measured state."""


class Messages:
    """
    Writes MoveIt's requests.

    :param base_frame: of all poses.
    :param tool_link: what is held is fixed to.
    """

    def __init__(self, parameters: MoveItParameters, *, base_frame: str, tool_link: str) -> None:
        self._parameters = parameters
        self._tool_link = tool_link
        self._header = Header(frame_id=base_frame)

    def link_constraints(self, goal: LinkGoal) -> Constraints:
        """Return where the tool link has to end: in a sphere, and turned so."""
        return Constraints(
            name=goal.name,
            position_constraints=[self._position(goal)],
            orientation_constraints=[self._orientation(goal)],
        )

    def joint_constraints(self, name: str, goals: Sequence[JointGoal]) -> Constraints:
        """Return where joints have to end."""
        tolerance = self._parameters.joint_tolerance_rad
        return Constraints(
            name=name,
            joint_constraints=[
                JointConstraint(
                    joint_name=goal.joint,
                    position=goal.position,
                    tolerance_above=tolerance,
                    tolerance_below=tolerance,
                    weight=1.0,
                )
                for goal in goals
            ],
        )

    def move_group(
        self, constraints: Constraints, *, start: RobotState | None = None, go: bool = True
    ) -> MoveGroup.Goal:
        """
        Return the request to plan, and to go.

        :param start: of the way; None is where the arm is.
        """
        given, goal = self._parameters, MoveGroup.Goal()
        request, options = goal.request, goal.planning_options
        request.start_state = start or HERE
        request.goal_constraints = [constraints]
        request.group_name = given.group
        request.pipeline_id = given.pipeline
        request.planner_id = given.planner
        request.num_planning_attempts = given.attempts
        request.allowed_planning_time = given.planning_time_s
        request.max_velocity_scaling_factor = given.velocity_scaling
        request.max_acceleration_scaling_factor = given.acceleration_scaling
        options.plan_only = not go
        options.planning_scene_diff.is_diff = True  # else the whole scene would be replaced
        options.planning_scene_diff.robot_state.is_diff = True
        return goal

    def line(self, goal: LinkGoal, *, start: RobotState | None = None) -> GetCartesianPath.Request:
        """
        Return the request for a straight way.

        :param start: of the way; None is where the arm is.
        """
        given = self._parameters
        request = GetCartesianPath.Request(
            header=self._header,
            start_state=start or HERE,
            group_name=given.group,
            link_name=goal.link,
            waypoints=[_pose(goal)],
            max_step=given.cartesian_step_m,
            revolute_jump_threshold=given.cartesian_max_jump_rad,
            avoid_collisions=True,
            max_velocity_scaling_factor=given.velocity_scaling,
            max_acceleration_scaling_factor=given.acceleration_scaling,
        )
        if goal.speed_mps is not None:
            request.cartesian_speed_limited_link = goal.link
            request.max_cartesian_speed = goal.speed_mps
        return request

    def pose(self, goal: LinkGoal, stamp: Time) -> PoseStamped:
        """Return where the tool link has to be, as a pose."""
        header = Header(stamp=stamp, frame_id=self._header.frame_id)
        return PoseStamped(header=header, pose=_pose(goal))

    def scene(
        self, wanted: Surroundings, *, gone: Sequence[str], attach: bool, detach: bool
    ) -> PlanningScene:
        """
        Return what changes a planning scene.

        :param gone: the names of boxes that are no obstacles any more.
        :param attach: whether what is held was grasped just now.
        :param detach: whether what was held was let go just now.
        """
        scene = PlanningScene(is_diff=True)
        scene.robot_state.is_diff = True
        if attach and wanted.held is not None:
            scene.robot_state.attached_collision_objects = [self._attached(wanted.held)]
        if detach:  # it comes back as an obstacle, between the fingers: that one goes as well
            scene.robot_state.attached_collision_objects = [self._detached()]
        removed = [*gone, HELD] if detach else gone
        scene.world.collision_objects = [
            *(self._object(box) for box in wanted.obstacles),
            *(CollisionObject(id=name, operation=CollisionObject.REMOVE) for name in removed),
        ]
        return scene

    def _position(self, goal: LinkGoal) -> PositionConstraint:
        sphere = SolidPrimitive(
            type=SolidPrimitive.SPHERE, dimensions=[self._parameters.position_tolerance_m]
        )
        region = BoundingVolume(primitives=[sphere], primitive_poses=[_pose(goal)])
        return PositionConstraint(
            header=self._header,
            link_name=goal.link,
            constraint_region=region,
            weight=1.0,
        )

    def _orientation(self, goal: LinkGoal) -> OrientationConstraint:
        tolerance = self._parameters.orientation_tolerance_rad
        return OrientationConstraint(
            header=self._header,
            link_name=goal.link,
            orientation=_pose(goal).orientation,
            absolute_x_axis_tolerance=tolerance,
            absolute_y_axis_tolerance=tolerance,
            absolute_z_axis_tolerance=tolerance,
            parameterization=OrientationConstraint.ROTATION_VECTOR,
            weight=1.0,
        )

    def _object(self, box: Box) -> CollisionObject:
        return CollisionObject(
            header=self._header,
            id=box.name,
            pose=pose_message(box.position, yaw=box.yaw),
            primitives=[SolidPrimitive(type=SolidPrimitive.BOX, dimensions=list(box.size))],
            primitive_poses=[Pose()],
            operation=CollisionObject.ADD,
        )

    def _attached(self, box: Box) -> AttachedCollisionObject:
        return AttachedCollisionObject(
            link_name=self._tool_link,
            object=self._object(box),
            touch_links=list(self._parameters.touch_links),
        )

    def _detached(self) -> AttachedCollisionObject:
        gone = CollisionObject(id=HELD, operation=CollisionObject.REMOVE)
        return AttachedCollisionObject(link_name=self._tool_link, object=gone)


def end_of(trajectory: RobotTrajectory) -> RobotState:
    """Return where the arm is after a trajectory of one point at least."""
    joints, end = trajectory.joint_trajectory.joint_names, RobotState(is_diff=True)
    end.joint_state.name = joints
    end.joint_state.position = trajectory.joint_trajectory.points[-1].positions
    return end


def _pose(goal: LinkGoal) -> Pose:
    x, y, z = goal.position
    qx, qy, qz, qw = goal.quat_xyzw
    return Pose(position=Point(x=x, y=y, z=z), orientation=Quaternion(x=qx, y=qy, z=qz, w=qw))
