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

import pytest
import yaml

from vlm_robot.bringup.graph import NodeSpec
from vlm_robot.bringup.graphs import GRAPHS, GraphKind
from vlm_robot.core.errors import ConfigurationError, UnknownNameError
from vlm_robot.nodes import parameters as declared
from vlm_robot.nodes.speech_parameters import SpeechParameters
from vlm_robot.resources import share_path
from vlm_robot.ros.parameters import names

NODES = {
    'vlm_node': declared.VlmParameters,
    'task_node': declared.TaskParameters,
    'motion_node': declared.MotionParameters,
    'sim_node': declared.SimParameters,
    'speech_node': SpeechParameters,
}
KINDS = pytest.mark.parametrize('kind', GRAPHS.values(), ids=GRAPHS.keys())


def node(kind: GraphKind, name: str, **typed: str) -> NodeSpec:
    (spec,) = [spec for spec in kind.graph(typed).nodes if spec.name == name]
    return spec


def as_files_say(spec: NodeSpec) -> dict[str, object]:
    """Merge the parameter files of a node as ROS does: the last one wins."""
    merged: dict[str, object] = {}
    for path in spec.parameter_paths():
        sections = yaml.safe_load(path.read_text())
        merged |= sections.get(f'/**/{spec.name}', {'ros__parameters': {}})['ros__parameters']
    return merged


@KINDS
def test_every_argument_sets_a_parameter_that_its_node_declares(kind: GraphKind) -> None:
    for argument in kind.arguments:
        for spec_name, parameter in argument.sets.items():
            assert parameter in names(NODES[spec_name])


@KINDS
def test_every_argument_is_described_and_named_once(kind: GraphKind) -> None:
    assert all(argument.description for argument in kind.arguments)
    assert len({argument.name for argument in kind.arguments}) == len(kind.arguments)


@KINDS
def test_without_a_choice_nothing_wins_over_the_files(kind: GraphKind) -> None:
    empty = {argument.name: '' for argument in kind.arguments}

    assert kind.graph(empty) == kind.graph({})
    assert all(not spec.parameters for spec in kind.graph({}).nodes)


def test_what_is_chosen_reaches_the_node_with_its_type() -> None:
    assert node(GRAPHS['sim'], 'sim_node', seed='7').parameters == {'scene.seed': 7}
    assert node(GRAPHS['vlm'], 'vlm_node', model='7').parameters == {'backend.model': '7'}


def test_your_own_file_is_the_last_of_the_files(tmp_path: Path) -> None:
    own = tmp_path / 'mine.yaml'
    own.write_text('{}')

    for spec in GRAPHS['robot'].graph({'params': str(own)}).nodes:
        assert spec.parameter_paths()[-1] == own


@pytest.mark.parametrize(
    ('graph', 'typed', 'sentence'),
    [
        ('sim', {'seed': 'many'}, "seed is 'many': expected int"),
        ('sim', {'policy': 'later'}, "policy is 'later': expected one of preempt"),
        ('robot', {'params': '/nowhere.yaml'}, "'/nowhere.yaml' does not exist"),
        ('robot', {'params': 'nowhere.yaml'}, "'nowhere.yaml' does not exist"),
    ],
)
def test_a_choice_that_cannot_be_used_is_refused_with_a_sentence(
    graph: str, typed: dict[str, str], sentence: str
) -> None:
    with pytest.raises(ConfigurationError, match=sentence):
        [spec.command() for spec in GRAPHS[graph].graph(typed).nodes]


def test_an_argument_that_a_graph_does_not_have_is_refused_by_name() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown argument 'sede'.*did you mean 'seed'"):
        GRAPHS['sim'].graph({'sede': '1'})


def test_a_camera_topic_is_remapped_with_its_transports() -> None:
    spec = node(GRAPHS['vlm'], 'vlm_node', image='/camera/color/image_raw', depth='/camera/depth')

    assert spec.remappings == {
        'image_raw': '/camera/color/image_raw',
        'image_raw/compressed': '/camera/color/image_raw/compressed',
        'depth/image_raw': '/camera/depth',
        'depth/image_raw/compressedDepth': '/camera/depth/compressedDepth',
    }


def test_the_end_of_a_compressed_topic_is_its_transport() -> None:
    spec = node(
        GRAPHS['vlm'], 'vlm_node', image='/c/image_raw/compressed', depth='/c/d/compressedDepth'
    )

    assert spec.parameters == {
        'camera.transport': 'compressed',
        'camera.depth_transport': 'compressed',
    }
    assert spec.remappings['image_raw/compressed'] == '/c/image_raw/compressed'
    assert spec.remappings['depth/image_raw/compressedDepth'] == '/c/d/compressedDepth'


@pytest.mark.parametrize('controller', ['/panda', '/panda/joint_trajectory'])
def test_the_topics_of_an_arm_are_remapped_on_the_node_that_moves_it(controller: str) -> None:
    typed = {
        'arm_controller': controller,
        'gripper_controller': '/hand',
        'joint_states': '/robot/joint_states',
        'motion_result': 'mine/result',
    }

    assert node(GRAPHS['robot'], 'motion_node', **typed).remappings == {
        'arm_controller/joint_trajectory': '/panda/joint_trajectory',
        'gripper_controller/joint_trajectory': '/hand/joint_trajectory',
        'gripper_controller/gripper_cmd': '/hand/gripper_cmd',
        'joint_states': '/robot/joint_states',
        'motion_result': 'mine/result',
    }
    assert node(GRAPHS['robot'], 'vlm_node', **typed).remappings == {}


def test_any_names_are_remapped_on_every_node_and_win() -> None:
    rules = 'left/image_raw:=left/color/image_raw  motion_node:joint_states:=/b'

    for spec in GRAPHS['robot'].graph({'remap': rules, 'joint_states': '/a'}).nodes:
        assert spec.remappings['left/image_raw'] == 'left/color/image_raw'
        assert spec.remappings['motion_node:joint_states'] == '/b'


@pytest.mark.parametrize(
    ('typed', 'sentence'),
    [
        ({'remap': 'a=b'}, "remap has 'a=b': expected 'old:=new'"),
        ({'remap': 'a:=b c'}, "remap has 'c'"),
        ({'remap': '__node:=b'}, "remap has '__node:=b'"),
        ({'image': 'my camera'}, "image is 'my camera': expected a name like /camera/image_raw"),
        ({'joint_states': '/a//b'}, "joint_states is '/a//b'"),
        ({'image': '/a/compressed', 'transport': 'raw'}, "but transport is 'raw'"),
    ],
)
def test_names_that_no_topic_can_have_are_refused(typed: dict[str, str], sentence: str) -> None:
    with pytest.raises(ConfigurationError, match=sentence):
        GRAPHS['robot'].graph(typed)


ARM = {
    'arm': str(share_path('config', 'arms', 'ur5e.yaml')),
    'arm_model': str(share_path('vlm_robot', 'sim', 'assets', 'arm.xml')),
}


@pytest.mark.parametrize('missing', ['arm', 'arm_model'])
def test_a_real_arm_that_is_not_named_is_not_taken_for_the_simulated_one(missing: str) -> None:
    typed = {name: value for name, value in ARM.items() if name != missing}

    with pytest.raises(ConfigurationError, match='--' + missing.replace('_', '-')):
        GRAPHS['robot'].start(typed)
    GRAPHS['robot'].start({**typed, 'executor': 'moveit'})


@pytest.mark.parametrize('section', ['/**/motion_node', '/left/motion_node', '/*/motion_node'])
def test_a_real_arm_may_be_named_in_a_file(tmp_path: Path, section: str) -> None:
    own = tmp_path / 'mine.yaml'
    given = {'arm_file': ARM['arm'], 'arm_model': ARM['arm_model']}
    own.write_text(yaml.safe_dump({section: {'ros__parameters': given}}))

    graph = GRAPHS['robot'].start({'params': str(own), 'namespace': 'left'})

    (motion,) = [spec for spec in graph.nodes if spec.name == 'motion_node']
    assert motion.parameters['arm_model'] == ARM['arm_model']


def test_nothing_of_the_simulated_camera_is_said_about_a_real_one() -> None:
    for graph in ('robot', 'vlm'):
        said = as_files_say(node(GRAPHS[graph], 'vlm_node'))
        assert {name for name in said if name.startswith('extrinsics.')} == {
            'extrinsics.source',
            'extrinsics.wait_s',
        }


def test_a_namespace_is_given_to_every_node_and_to_the_command() -> None:
    graph = GRAPHS['demo'].graph({'namespace': 'left'})

    assert all('__ns:=/left' in spec.arguments() for spec in graph.nodes)
    assert 'left' in graph.command


def test_a_real_robot_begins_dry_and_asks() -> None:
    said = as_files_say(node(GRAPHS['robot'], 'task_node'))

    assert said['gate.dry_run'] is True
    assert said['gate.approval_required'] is True


@KINDS
def test_every_graph_has_a_launch_file(kind: GraphKind) -> None:
    (name,) = [name for name, known in GRAPHS.items() if known is kind]

    assert f"launch_description('{name}')" in share_path('launch', f'{name}.launch.py').read_text()


@pytest.mark.parametrize('graph', ['sim', 'robot', 'demo'])
def test_a_graph_hears_only_when_that_is_chosen(graph: str, tmp_path: Path) -> None:
    names_of = [spec.name for spec in GRAPHS[graph].graph({}).nodes]
    assert 'speech_node' not in names_of

    hearing = GRAPHS[graph].graph({'speech': 'topic', 'audio': '/mic/audio'})

    assert [spec.name for spec in hearing.nodes] == [*names_of, 'speech_node']
    assert hearing.nodes[-1].parameters == {'source': 'topic'}
    assert hearing.nodes[-1].remappings == {'audio': '/mic/audio'}


def test_a_sound_file_is_heard_from_wherever_the_graph_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / 'hello.wav').touch()
    monkeypatch.chdir(tmp_path)

    spec = node(GRAPHS['sim'], 'speech_node', speech='hello.wav')

    assert spec.parameters == {'source': 'file', 'file': str(tmp_path / 'hello.wav')}


def test_the_microphone_is_chosen_by_its_device() -> None:
    spec = node(GRAPHS['robot'], 'speech_node', speech='microphone', device='3')

    assert spec.parameters == {'source': 'microphone', 'device': '3'}


def test_a_demonstration_that_hears_waits_for_what_is_said_unless_it_is_told_what_to_do() -> None:
    assert GRAPHS['demo'].graph({'speech': 'microphone'}).command == ()
    told = GRAPHS['demo'].graph({'speech': 'microphone', 'instruction': 'pick the cube'})
    assert told.command[-1] == 'pick the cube'


@pytest.mark.parametrize(
    ('typed', 'sentence'),
    [
        ({'speech': 'mikrophone'}, "speech is 'mikrophone': expected one of microphone, topic"),
        ({'device': '3'}, "device is '3' but speech is empty"),
    ],
)
def test_a_choice_of_how_to_hear_that_cannot_be_used_is_refused_with_a_sentence(
    typed: dict[str, str], sentence: str
) -> None:
    with pytest.raises(ConfigurationError, match=sentence):
        GRAPHS['sim'].graph(typed)
