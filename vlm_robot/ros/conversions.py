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

"""Plans, steps and targets as messages, both ways."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import IntEnum
from typing import TYPE_CHECKING, TypeVar

from vlm_robot.core.errors import Refusal
from vlm_robot.core.geometry import (
    as_point,
    from_approach,
    from_quaternion,
    quat_xyzw_from_yaw,
    quat_xyzw_of,
    yaw_from_quat_xyzw,
)
from vlm_robot.core.outcome import Outcome, Verdict
from vlm_robot.core.skills import Direction, Relation, Skill
from vlm_robot.core.values import GraspCandidate, Grounding, Plan, Point3, Step, Target

if TYPE_CHECKING:
    from builtin_interfaces.msg import Time
    from geometry_msgs.msg import Point, Pose
    from std_msgs.msg import Header

    from vlm_robot_interfaces import msg

E = TypeVar('E', bound=IntEnum)


def time_message(stamp_ns: int) -> Time:
    """Return a time of nanoseconds since the epoch."""
    from builtin_interfaces.msg import Time

    seconds, nanoseconds = divmod(stamp_ns, 1_000_000_000)
    return Time(sec=seconds, nanosec=nanoseconds)


def header_message(stamp_ns: int, frame_id: str) -> Header:
    """Return a header."""
    from std_msgs.msg import Header

    return Header(stamp=time_message(stamp_ns), frame_id=frame_id)


def to_ns(stamp: Time) -> int:
    """Return the nanoseconds since the epoch of a time."""
    return int(stamp.sec) * 1_000_000_000 + int(stamp.nanosec)


def plan_message(plan: Plan) -> msg.Plan:
    """Return the message of a plan."""
    from vlm_robot_interfaces import msg

    stamp, camera = plan.stamp_ns, plan.camera_frame
    return msg.Plan(
        header=header_message(stamp, camera),
        plan_id=plan.plan_id,
        instruction=plan.instruction,
        steps=[step_message(s, stamp_ns=stamp, camera_frame=camera) for s in plan.steps],
        error_code=int(plan.outcome),
        error_msg=plan.verdict.message,
        question=plan.question,
        candidates=[
            target_message(t, stamp_ns=stamp, camera_frame=camera) for t in plan.candidates
        ],
        stage_names=list(plan.timings_s),
        stage_seconds=list(plan.timings_s.values()),
        model=plan.model,
        raw_answer=plan.raw_answer,
    )


def plan_value(message: msg.Plan) -> Plan:
    """
    Return the plan of a message.

    :raises Refusal: INVALID_ANSWER for a code, skill, relation or direction that does not exist.
    """
    return Plan(
        instruction=message.instruction,
        verdict=verdict_value(message.error_code, message.error_msg),
        steps=tuple(step_value(s) for s in message.steps),
        plan_id=message.plan_id,
        stamp_ns=to_ns(message.header.stamp),
        camera_frame=message.header.frame_id,
        question=message.question,
        candidates=tuple(target_value(t) for t in message.candidates),
        timings_s=_timings(message.stage_names, message.stage_seconds),
        model=message.model,
        raw_answer=message.raw_answer,
    )


def verdict_value(code: int, message: str) -> Verdict:
    """
    Return the verdict of the `error_code` and `error_msg` of a result.

    :raises Refusal: INVALID_ANSWER for a code that does not exist.
    """
    return Verdict(_enum(Outcome, code, 'error_code'), message)


def step_message(step: Step, *, stamp_ns: int, camera_frame: str) -> msg.Step:
    """Return the message of a step; a goal that is not set becomes NaN."""
    from vlm_robot_interfaces import msg

    return msg.Step(
        skill=int(step.skill),
        relation=int(step.relation),
        direction=int(step.direction),
        target=target_message(step.target, stamp_ns=stamp_ns, camera_frame=camera_frame),
        goal=_point(step.goal or (math.nan, math.nan, math.nan)),
        other=target_message(
            step.other or Target(''), stamp_ns=stamp_ns, camera_frame=camera_frame
        ),
    )


def step_value(message: msg.Step) -> Step:
    """
    Return the step of a message.

    :raises Refusal: INVALID_ANSWER for a skill, relation or direction that does not exist.
    """
    goal = (message.goal.x, message.goal.y, message.goal.z)
    return Step(
        skill=_enum(Skill, message.skill, 'skill'),
        target=target_value(message.target),
        relation=_enum(Relation, message.relation, 'relation'),
        direction=_enum(Direction, message.direction, 'direction'),
        goal=None if all(math.isnan(v) for v in goal) else goal,
        other=_other(message),
    )


def target_message(target: Target, *, stamp_ns: int, camera_frame: str) -> msg.Target:
    """Return the message of a target."""
    from geometry_msgs.msg import Vector3

    from vlm_robot_interfaces import msg

    u, v = target.pixel or (math.nan, math.nan)
    message = msg.Target(
        label=target.label,
        camera_frame=camera_frame,
        camera=target.camera,
        u=u,
        v=v,
        confidence=target.confidence,
    )
    message.header.stamp = time_message(stamp_ns)
    if (found := target.grounding) is not None:
        message.grounded = True
        message.header.frame_id = found.frame_id
        message.pose = pose_message(found.position, yaw=found.yaw)
        message.size = Vector3(x=found.size[0], y=found.size[1], z=found.size[2])
        message.spread = found.spread_m
        message.valid_share = found.valid_share
        message.depth_images = found.depth_images
        message.deviation = found.deviation_m
        message.grasps = [_grasp_message(grasp) for grasp in found.grasps]
    return message


def target_value(message: msg.Target) -> Target:
    """Return the target of a message."""
    pixel = (message.u, message.v)
    return Target(
        label=message.label,
        pixel=None if any(math.isnan(v) for v in pixel) else pixel,
        confidence=message.confidence,
        grounding=_grounding(message) if message.grounded else None,
        camera=message.camera,
    )


def pose_message(position: Point3, *, yaw: float) -> Pose:
    """Return a pose that is turned by `yaw` rad about z."""
    from geometry_msgs.msg import Pose, Quaternion

    x, y, z, w = quat_xyzw_from_yaw(yaw)
    return Pose(position=_point(position), orientation=Quaternion(x=x, y=y, z=z, w=w))


def _grounding(message: msg.Target) -> Grounding:
    p, q, s = message.pose.position, message.pose.orientation, message.size
    return Grounding(
        frame_id=message.header.frame_id,
        position=(p.x, p.y, p.z),
        yaw=yaw_from_quat_xyzw((q.x, q.y, q.z, q.w)),
        size=(s.x, s.y, s.z),
        spread_m=message.spread,
        valid_share=message.valid_share,
        depth_images=message.depth_images,
        deviation_m=message.deviation,
        grasps=tuple(_grasp(grasp) for grasp in message.grasps),
    )


def _other(message: msg.Step) -> Target | None:
    return target_value(message.other) if message.relation == Relation.BETWEEN else None


def _grasp_message(grasp: GraspCandidate) -> msg.Grasp:
    from geometry_msgs.msg import Pose, Quaternion

    from vlm_robot_interfaces import msg

    x, y, z, w = quat_xyzw_of(from_approach(grasp.approach, yaw=grasp.yaw))
    pose = Pose(position=_point(grasp.position), orientation=Quaternion(x=x, y=y, z=z, w=w))
    return msg.Grasp(pose=pose, width=grasp.width_m, clearance=grasp.clearance_m)


def _grasp(message: msg.Grasp) -> GraspCandidate:
    p, q = message.pose.position, message.pose.orientation
    try:
        T_base_tcp = from_quaternion((p.x, p.y, p.z), (q.x, q.y, q.z, q.w))
    except ValueError as err:
        raise _invalid(f'a grasp has no orientation: {err}') from err
    y_axis = T_base_tcp[:3, 1]  # level with, and at right angles to, the heading
    return GraspCandidate(
        position=(p.x, p.y, p.z),
        yaw=math.atan2(y_axis[0], -y_axis[1]),
        approach=as_point(T_base_tcp[:3, 2]),
        width_m=message.width,
        clearance_m=message.clearance,
    )


def _point(values: Point3) -> Point:
    from geometry_msgs.msg import Point

    return Point(x=float(values[0]), y=float(values[1]), z=float(values[2]))


def _timings(stages: Sequence[str], seconds: Sequence[float]) -> dict[str, float]:
    if len(stages) != len(seconds):
        raise _invalid(f'a plan names {len(stages)} stages but times {len(seconds)}')
    return {stage: float(value) for stage, value in zip(stages, seconds, strict=True)}


def _enum(cls: type[E], value: int, name: str) -> E:
    try:
        return cls(value)
    except ValueError as err:
        known = ', '.join(f'{m.value} ({m.name})' for m in cls)
        raise _invalid(f'{name} is {value!r}: known are {known}') from err


def _invalid(message: str) -> Refusal:
    return Refusal(Outcome.INVALID_ANSWER, message)
