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

"""`vlm-robot replay`: bags of our own and of others, whole and damaged."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import pytest
import yaml
from bag_fixture import SECOND, Entry, Recorder, look_entries, tf_entry, write_mcap
from camera_fixture import FRAME, Camera
from ros_fixture import Ros, open_ros, wait_until
from std_msgs.msg import String

from vlm_robot.bags.parameter_file import PARAMETERS_KEY, to_text
from vlm_robot.bags.writer import BagWriter
from vlm_robot.cli import statuses
from vlm_robot.cli.demo_script import SCENES, write_script
from vlm_robot.cli.main import main
from vlm_robot.cli.true_answers import write_answers
from vlm_robot.nodes.vlm_node import VlmNode
from vlm_robot.resources import share_path
from vlm_robot.ros import qos
from vlm_robot.sim.camera import DepthNoise
from vlm_robot.sim.scene import sample_scene
from vlm_robot.sim.tabletop import Tabletop

pytestmark = pytest.mark.ros

START = 1_700_000_000 * SECOND
ANSWERS = {'pick the cube': 'pick <x_128> <y_128> red cube', 'pick the cow': 'missing cow'}


@pytest.fixture
def ros() -> Iterator[Ros]:
    with open_ros() as ros:
        yield ros


@pytest.fixture
def model(tmp_path: Path) -> list[str]:
    """The arguments that name a model which says what the test wants."""
    path = tmp_path / 'script.yaml'
    path.write_text(yaml.safe_dump({'convention': 'tabletop', 'answers': ANSWERS}))
    return ['--backend', 'scripted', '--model', str(path)]


def write_bag(tmp_path: Path, *more: Entry, count: int = 3) -> str:
    looks = [look_entries(START + i * SECOND, frame_id=FRAME) for i in range(count)]
    entries = sorted([*sum(looks, []), *more], key=lambda e: e.time_ns)  # noqa: RUF017
    return str(write_mcap(tmp_path / 'run.mcap', entries))


@pytest.mark.sim
def test_a_scene_replayed_from_a_bag_gives_the_same_plans_as_live(
    ros: Ros, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = write_script(1)
    scene = sample_scene(script.scene_seed, SCENES)
    write_answers(tmp_path / 'answers.yaml', scene, script.acts)
    model = {'backend.name': 'scripted', 'backend.model': str(tmp_path / 'answers.yaml')}
    tabletop = Tabletop(scene, noise=DepthNoise(0.002, 0.02))
    camera = Camera(ros)
    look(camera, tabletop)
    given: dict[str, object] = {}
    for file in ('vlm_node.yaml', 'sim_camera.yaml'):
        config = yaml.safe_load(share_path('config', file).read_text())
        given |= config['/**/vlm_node']['ros__parameters']
    given |= model
    ros.start(VlmNode, **{name.replace('.', '__'): value for name, value in given.items()})
    say = ros.node.create_publisher(String, 'instruction', qos.COMMAND)
    recorder = Recorder(ros, tmp_path / 'run')
    wait_until(lambda: recorder.parameters.values and '/plan' in recorder.recording.topics)
    for index, act in enumerate(script.acts):
        look(camera, tabletop)
        say.publish(String(data=act.instruction))
        wait_until(lambda index=index: recorder.has('/plan', index + 1))
    recorder.close()
    tabletop.close()

    status = replay(
        str(tmp_path / 'run'),
        *('--backend', 'scripted', '--model', model['backend.model']),
        *('--out', str(tmp_path / 'out')),
    )

    printed = capsys.readouterr().out
    assert printed.count('the same plan as live') == len(script.acts), printed
    assert status == statuses.OK
    plan = json.loads((tmp_path / 'out/plan_000.json').read_text())
    assert plan['differences'] == []
    assert plan['verdict']['outcome'] == 'OK'
    assert plan['steps'][0]['target']['grounding']['position'][2] > 0


def look(camera: Camera, tabletop: Tabletop) -> None:
    """Show what the simulated camera sees now, with noise of its own."""
    frame = tabletop.look()
    camera.depth_m, camera.intrinsics, camera.rgb = frame.depth_m, frame.intrinsics, frame.rgb


def test_another_answer_than_live_is_told_value_by_value(
    ros: Ros, tmp_path: Path, model: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    Camera(ros)
    parameters = {'backend__name': 'scripted', 'backend__model': model[3]}
    ros.start(VlmNode, **parameters, grounding__enabled=False)
    recorder = Recorder(ros, tmp_path / 'run')
    wait_until(lambda: recorder.parameters.values and '/plan' in recorder.recording.topics)
    say = ros.node.create_publisher(String, 'instruction', qos.COMMAND)
    say.publish(String(data='pick the cube'))
    wait_until(lambda: recorder.has('/plan', 1) and recorder.has('/image_raw', 1))
    recorder.close()
    script = Path(model[3]).read_text().replace('red cube', 'blue cube')
    Path(model[3]).write_text(script)

    assert replay(str(tmp_path / 'run'), *model) == statuses.UNFIT

    assert (
        "not as live: steps[0].target.label was 'red cube', and is 'blue cube' in the replay"
    ) in capsys.readouterr().out


def test_a_bag_of_somebody_else_is_planned_in_pixels(
    tmp_path: Path, model: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    bag = write_bag(tmp_path)
    out = tmp_path / 'out'

    status = replay(bag, *model, '--instruction', 'pick the cube', '--pixels', '--out', str(out))

    assert status == statuses.OK
    printed = capsys.readouterr().out
    assert 'colour /image_raw, depth /depth/image_raw, camera_info /camera_info' in printed
    assert "'pick the cube': OK" in printed
    assert json.loads((out / 'plan_000.json').read_text())['stamp_ns'] == START
    assert cv2.imread(str(out / 'plan_000.png')).shape == (48, 64, 3)


def replay(bag: str, *arguments: str) -> int:
    return main(['replay', bag, *arguments])


def test_all_moments_are_planned(
    tmp_path: Path, model: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    bag = write_bag(tmp_path, count=5)

    status = replay(
        bag, *model, '--instruction', 'pick the cow', '--pixels', '--all', '--every', '2'
    )

    assert status == statuses.REFUSED
    assert capsys.readouterr().out.count('NOT_FOUND') == 3


def test_the_transform_of_the_bag_at_the_image_is_used(
    tmp_path: Path, model: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    moves = [tf_entry('/tf', START + i * SECOND, 'base_link', FRAME, i / 10) for i in (1, 2)]
    bag = write_bag(tmp_path, *moves)
    arguments = [*model, '--instruction', 'pick the cube']

    assert replay(bag, *arguments) == statuses.REFUSED
    before = capsys.readouterr().out
    assert replay(bag, *arguments, '--at', '1.5') == statuses.OK
    during = capsys.readouterr().out

    assert 'transforms: /tf' in before
    assert 'NO_TRANSFORM' in before
    assert 'from 1700000001.000 s to 1700000002.000 s' in before
    assert 'NO_TRANSFORM' not in during


def test_without_transforms_the_cure_is_named(
    tmp_path: Path, model: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    status = replay(write_bag(tmp_path), *model, '--instruction', 'pick the cube')

    assert status == statuses.REFUSED
    printed = capsys.readouterr().out
    assert '--extrinsics FILE gives them' in printed
    assert 'NO_TRANSFORM' in printed


def test_extrinsics_of_a_parameter_file_are_used(
    tmp_path: Path, model: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(share_path('config', 'sim_camera.yaml'))

    replay(write_bag(tmp_path), *model, '--instruction', 'pick the cube', '--extrinsics', file)

    printed = capsys.readouterr().out
    assert f"given extrinsics of ['{FRAME}']" in printed
    assert 'NO_TRANSFORM' not in printed


@pytest.mark.parametrize(
    ('gone', 'outcome'),
    [('/depth/image_raw', 'NO_DEPTH'), ('/camera_info', 'NO_CAMERA_INFO')],
)
def test_what_a_bag_lacks_is_the_plans_outcome(
    tmp_path: Path,
    model: list[str],
    gone: str,
    outcome: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    entries = [e for e in look_entries(START) if e.topic != gone]
    bag = str(write_mcap(tmp_path / 'run.mcap', entries))

    assert replay(bag, *model, '--instruction', 'pick the cube') == statuses.REFUSED
    assert outcome in capsys.readouterr().out


def test_an_image_that_cannot_be_read_is_a_bad_frame(
    tmp_path: Path, model: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    *others, colour = look_entries(START)
    colour = colour._replace(data=colour.data[:100])
    bag = str(write_mcap(tmp_path / 'run.mcap', [*others, colour]))

    status = replay(bag, *model, '--instruction', 'pick the cube', '--pixels')

    assert status == statuses.REFUSED
    assert "BAD_FRAME a message of '/image_raw'" in capsys.readouterr().out


def test_a_bag_that_breaks_off_is_planned_and_the_damage_is_told(
    tmp_path: Path, model: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    bag = write_bag(tmp_path)
    raw = Path(bag).read_bytes()
    Path(bag).write_bytes(raw[: len(raw) // 2])

    status = replay(bag, *model, '--instruction', 'pick the cube', '--pixels')

    assert status == statuses.OK
    assert "the bag is damaged: 'run.mcap' breaks off" in capsys.readouterr().err


@pytest.mark.parametrize(
    ('arguments', 'sentence'),
    [
        (['--topic', 'colour'], "--topic is 'colour': expected"),
        (['--topic', 'color=/x'], "unknown role of a topic 'color'"),
        (['--topic', 'colour=/x'], "the bag has no topic '/x'"),
        (['--camera', 'left'], "the bag has no colour image below 'left'"),
        (['--extrinsics', '/nowhere.yaml'], "'/nowhere.yaml' cannot be read"),
    ],
)
def test_wrong_arguments_are_named(
    tmp_path: Path,
    model: list[str],
    arguments: Sequence[str],
    sentence: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    status = replay(write_bag(tmp_path), *model, '--instruction', 'x', *arguments)

    assert status == statuses.USAGE
    assert sentence in capsys.readouterr().err


def test_a_bag_may_not_choose_which_file_is_loaded_as_a_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    writer = BagWriter(tmp_path / 'run')
    for item in look_entries(START):
        writer.add_topic(item.topic, item.type)
        writer.put(item.topic, item.time_ns, item.data)
    parameters = {'/vlm_node': {'backend.model': '/etc/passwd'}}
    writer.close({PARAMETERS_KEY: to_text(parameters)})

    assert replay(str(tmp_path / 'run'), '--instruction', 'x') == statuses.USAGE
    assert "recorded with the model '/etc/passwd'" in capsys.readouterr().err


def test_a_bag_without_instructions_asks_for_one(
    tmp_path: Path, model: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert replay(write_bag(tmp_path), *model, '--pixels') == statuses.USAGE
    assert '--instruction TEXT gives one' in capsys.readouterr().out
