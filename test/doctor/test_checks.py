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

import math
from dataclasses import replace

import pytest

from vlm_robot.doctor.checks import examine
from vlm_robot.doctor.facts import (
    DepthLook,
    Facts,
    ImageLook,
    InfoLook,
    JointLook,
    Memory,
    Rehearsal,
    Status,
)
from vlm_robot.doctor.finding import Finding, Level, worst

NOW_NS = 1_800_000_000 * 10**9
COLOUR = ImageLook('/image_raw', 'rgb8', 640, 480, 'camera', NOW_NS - 10**7)
DEPTH = DepthLook(replace(COLOUR, topic='/depth/image_raw', encoding='32FC1'), 0.95, 0.8)
GIB = 2**30
HEALTHY = Facts(
    now_ns=NOW_NS,
    nodes=frozenset({'vlm_node', 'task_node', 'motion_node'}),
    lifecycle='active',
    parameters={
        'vlm_node': {
            'backend.model': 'tabletop',
            'extrinsics.source': 'parameters',
            'extrinsics.camera_frames': ['camera'],
            'camera.max_age_s': 1.0,
            'camera.future_tolerance_s': 0.25,
            'grounding.max_range_m': 3.0,
            'use_sim_time': False,
        },
        'task_node': {'gate.dry_run': False, 'use_sim_time': False},
        'motion_node': {'executor': 'trajectory', 'use_sim_time': False},
    },
    statuses=(Status('vlm_node: self-test', 0, 'right on 6 of 6', {'result': 'none'}),),
    images=(COLOUR,),
    depths=(DEPTH,),
    infos=(InfoLook('/camera_info', 640, 480, 'camera', 'plumb_bob'),),
    rehearsals=(Rehearsal(''),),
    joints=JointLook('/joint_states', ('joint1', 'joint2', 'finger'), finite=True),
    expected_joints=('joint1', 'joint2'),
    controllers={'/arm_controller/joint_trajectory': 1},
    memory=Memory(16 * GIB, 8 * GIB, {'vlm_node': GIB}),
)


def without(node: str) -> Facts:
    return replace(HEALTHY, nodes=HEALTHY.nodes - {node})


def depth_of(**header: str) -> DepthLook:
    return replace(DEPTH, image=replace(DEPTH.image, **header))


def parameters(node: str, **values: object) -> Facts:
    own = HEALTHY.parameters[node] | {key.replace('__', '.'): v for key, v in values.items()}
    return replace(HEALTHY, parameters={**HEALTHY.parameters, node: own})


def trouble(facts: Facts) -> list[Finding]:
    return [finding for finding in examine(facts) if finding.level is not Level.OK]


def test_a_healthy_graph_is_in_order_in_all_it_was_asked() -> None:
    assert trouble(HEALTHY) == []
    assert len(examine(HEALTHY)) >= 9


def test_nothing_running_is_said_as_such_and_nothing_else_is_guessed() -> None:
    findings = examine(Facts(now_ns=NOW_NS))

    assert {finding.subject for finding in findings} == {'vlm_node', 'task_node', 'motion_node'}
    assert worst(findings) is Level.ERROR


@pytest.mark.parametrize(
    ('facts', 'level', 'subject', 'words'),
    [
        (without('vlm_node'), Level.ERROR, 'vlm_node', 'is not running'),
        (without('motion_node'), Level.WARN, 'motion_node', 'nothing moves the arm'),
        (replace(HEALTHY, lifecycle='inactive'), Level.ERROR, 'vlm_node', 'is inactive'),
        (replace(HEALTHY, lifecycle=''), Level.ERROR, 'vlm_node', 'does not answer'),
        (parameters('task_node', use_sim_time=True), Level.ERROR, 'clock', 'use_sim_time differs'),
        (replace(HEALTHY, images=()), Level.ERROR, 'camera', 'no colour image'),
        (
            replace(HEALTHY, images=(replace(COLOUR, trouble='encoding x is not known'),)),
            Level.ERROR,
            '/image_raw',
            'encoding x is not known',
        ),
        (
            replace(HEALTHY, images=(replace(COLOUR, stamp_ns=0),)),
            Level.ERROR,
            '/image_raw',
            'stamped with zero',
        ),
        (
            replace(HEALTHY, images=(replace(COLOUR, stamp_ns=NOW_NS + 3 * 10**9),)),
            Level.ERROR,
            '/image_raw',
            '3.0 s in the future',
        ),
        (
            replace(HEALTHY, images=(replace(COLOUR, stamp_ns=NOW_NS - 2 * 10**9),)),
            Level.ERROR,
            '/image_raw',
            '2.0 s old (camera.max_age_s is 1)',
        ),
        (
            parameters('vlm_node', camera__max_age_s=0.001),
            Level.ERROR,
            '/image_raw',
            '0.0 s old (camera.max_age_s is 0.001)',
        ),
        (
            replace(HEALTHY, rehearsals=(Rehearsal('', 'NO_DEPTH no pixel'),)),
            Level.ERROR,
            'next instruction',
            'would be refused: NO_DEPTH no pixel',
        ),
        (
            replace(HEALTHY, rehearsals=(Rehearsal('left'), Rehearsal('right', 'NO_FRAME none'))),
            Level.WARN,
            'next instruction',
            "would not be answered with camera 'right': NO_FRAME none",
        ),
        (
            replace(HEALTHY, rehearsals=(), unrehearsed='tf2_ros is not installed'),
            Level.WARN,
            'next instruction',
            'could not be tried: tf2_ros is not installed',
        ),
        (
            replace(HEALTHY, depths=(depth_of(frame_id='depth'),)),
            Level.ERROR,
            '/depth/image_raw',
            "is of frame 'depth', colour of 'camera': registering it takes",
        ),
        (
            replace(HEALTHY, depths=(replace(DEPTH, median_m=11.0),)),
            Level.WARN,
            '/depth/image_raw',
            'beyond grounding.max_range_m, 3 m, is ignored',
        ),
        (replace(HEALTHY, infos=()), Level.ERROR, 'camera_info', 'none has arrived'),
        (
            replace(HEALTHY, infos=(InfoLook('/camera_info', 320, 240, 'camera', ''),)),
            Level.WARN,
            '/camera_info',
            'is for 320 x 240, images have 640 x 480',
        ),
        (
            replace(HEALTHY, depths=(replace(DEPTH, median_m=800.0),)),
            Level.ERROR,
            '/depth/image_raw',
            'seems to be in millimetres',
        ),
        (
            replace(HEALTHY, depths=(replace(DEPTH, median_m=0.0008),)),
            Level.ERROR,
            '/depth/image_raw',
            'seems to be in metres',
        ),
        (
            replace(HEALTHY, depths=(replace(DEPTH, valid_share=0.2),)),
            Level.WARN,
            '/depth/image_raw',
            '20% of the pixels have depth',
        ),
        (
            replace(HEALTHY, depths=(replace(DEPTH, valid_share=0.0, median_m=math.nan),)),
            Level.ERROR,
            '/depth/image_raw',
            'no pixel has depth',
        ),
        (replace(HEALTHY, joints=None), Level.ERROR, 'joint_states', 'nobody knows where'),
        (
            replace(HEALTHY, joints=JointLook('/joint_states', ('a', 'b'), finite=True)),
            Level.ERROR,
            '/joint_states',
            'lacks joint1, joint2: it has a, b',
        ),
        (
            replace(HEALTHY, joints=replace(HEALTHY.joints, finite=False)),
            Level.ERROR,
            '/joint_states',
            'not numbers',
        ),
        (
            replace(HEALTHY, controllers={'/arm_controller/joint_trajectory': 0}),
            Level.ERROR,
            '/arm_controller/joint_trajectory',
            'nobody listens',
        ),
        (parameters('task_node', gate__dry_run=True), Level.WARN, 'task_node', 'nothing moves'),
        (
            replace(HEALTHY, memory=Memory(16 * GIB, GIB)),
            Level.WARN,
            'memory',
            '1.0 of 16.0 GiB are free',
        ),
        (
            replace(HEALTHY, statuses=(Status('vlm_node: /image_raw', 1, '3.0 of 30.0 Hz'),)),
            Level.WARN,
            'vlm_node: /image_raw',
            '3.0 of 30.0 Hz',
        ),
    ],
)
def test_each_fault_is_the_one_thing_that_is_found(
    facts: Facts, level: Level, subject: str, words: str
) -> None:
    (finding,) = trouble(facts)

    assert (finding.level, finding.subject) == (level, subject)
    assert words in finding.sentence


def test_simulated_stamps_are_not_compared_with_this_machines_clock() -> None:
    simulated = {
        node: {**values, 'use_sim_time': True} for node, values in HEALTHY.parameters.items()
    }
    old = replace(COLOUR, stamp_ns=10**9)
    facts = replace(HEALTHY, images=(old,), parameters=simulated, clock_publishers=1)

    assert trouble(facts) == []
    first, *_ = trouble(replace(facts, clock_publishers=0))
    assert first.subject == 'clock'


def test_another_namespace_with_the_nodes_is_named() -> None:
    lost = replace(Facts(NOW_NS), elsewhere={'vlm_node': ('/robot1', '/robot2')})

    first, *_ = trouble(lost)

    assert (first.level, first.subject) == (Level.ERROR, 'vlm_node')
    assert first.sentence == (
        'is not running in /, but in /robot1, /robot2: --namespace /robot1 looks there'
    )


@pytest.mark.parametrize('source', ['auto', 'parameters'])
def test_a_frame_without_extrinsics_is_found_wherever_tf2_is_not_asked(source: str) -> None:
    facts = parameters('vlm_node', extrinsics__source=source)
    elsewhere = replace(facts, images=(replace(COLOUR, frame_id='wrist'),), depths=())

    (finding,) = trouble(elsewhere)

    assert (finding.level, finding.subject) == (Level.ERROR, '/image_raw')
    assert "is from frame 'wrist', but extrinsics are known for ['camera']" in finding.sentence
    assert trouble(replace(elsewhere, uses_tf=True)) == []


def test_depth_of_its_own_is_in_order_with_its_own_camera_info() -> None:
    own = InfoLook('/depth/camera_info', 640, 480, 'depth', '')
    depths = (depth_of(frame_id='depth'),)
    assert trouble(replace(HEALTHY, depths=depths, infos=(*HEALTHY.infos, own))) == []


@pytest.mark.parametrize('executor', ['topic', 'moveit'])
@pytest.mark.parametrize(
    'broken',
    [
        {'joints': None},
        {'joints': JointLook('/joint_states', ('a', 'b'), finite=True)},
        {'controllers': {'/goal_pose': 0}},
        {'actions': {'/move_action': 0}},
    ],
)
def test_what_is_somebody_elses_arm_to_know_is_a_warning_at_most(
    executor: str, broken: dict[str, object]
) -> None:
    theirs = replace(parameters('motion_node', executor=executor), controllers={})
    assert trouble(theirs) == []

    (finding,) = trouble(replace(theirs, **broken))

    assert finding.level is Level.WARN
    assert 'controller of' not in finding.sentence
