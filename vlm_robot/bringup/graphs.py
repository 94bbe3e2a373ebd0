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

"""The graphs that can be started, and what may be chosen about each; written once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from vlm_robot.bringup.arm_choice import require_arm
from vlm_robot.bringup.graph import Graph, NodeSpec, Value, sim_environment
from vlm_robot.bringup.remapping import Chosen, remappings, with_transports
from vlm_robot.bringup.settled import settled
from vlm_robot.bringup.speech import with_speech
from vlm_robot.core.errors import ConfigurationError, UnknownNameError

_INSTRUCTION = 'put the black cylinder in the green bowl'  # of the scene in config/sim_node.yaml


@dataclass(frozen=True)
class Argument:
    """
    Something that may be chosen when a graph is started; else it is what the files say.

    :param sets: node -> its parameter that gets the value.
    """

    name: str
    description: str
    kind: type[Value] = str
    choices: tuple[str, ...] = ()
    sets: Mapping[str, str] = field(default_factory=dict)

    def read(self, text: str) -> Value:
        """
        Return the value of what was typed.

        :raises ConfigurationError: when it is none.
        """
        if self.choices and text not in self.choices:
            known = ', '.join(self.choices)
            raise ConfigurationError(f'{self.name} is {text!r}: expected one of {known}')
        try:
            return self.kind(text)
        except ValueError as err:
            raise ConfigurationError(
                f'{self.name} is {text!r}: expected {self.kind.__name__}'
            ) from err


@dataclass(frozen=True)
class GraphKind:
    """A graph that can be started."""

    summary: str
    build: Callable[[Chosen], Graph]
    arguments: tuple[Argument, ...]
    check: Callable[[Graph], None] = lambda graph: None  # raises what keeps it from starting

    def start(self, typed: Mapping[str, str]) -> Graph:
        """
        Return the graph with what was chosen, settled, if it can be started.

        :raises ConfigurationError: when it cannot, or as `graph`.
        """
        graph = settled(self.graph(typed))
        self.check(graph)
        return graph

    def graph(self, typed: Mapping[str, str]) -> Graph:
        """
        Return the graph with what was chosen.

        :param typed: argument -> text; empty where nothing was chosen.
        :raises ConfigurationError: for a value that cannot be used.
        :raises UnknownNameError: for an argument that the graph does not have.
        """
        known = {argument.name: argument for argument in self.arguments}
        for name in typed:
            if name not in known:
                raise UnknownNameError('argument', name, known)
        chosen = with_transports(
            {name: known[name].read(text) for name, text in typed.items() if text}
        )
        graph = with_speech(self.build(chosen), chosen)
        nodes = tuple(self._with(spec, chosen) for spec in graph.nodes)
        return replace(graph, nodes=nodes)

    def _with(self, spec: NodeSpec, chosen: Chosen) -> NodeSpec:
        """Return a node with what the chosen arguments change about it."""
        parameters = {
            argument.sets[spec.name]: chosen[argument.name]
            for argument in self.arguments
            if argument.name in chosen and spec.name in argument.sets
        }
        own = (str(chosen['params']),) if 'params' in chosen else ()
        return replace(
            spec,
            parameter_files=spec.parameter_files + own,
            parameters={**spec.parameters, **parameters},
            remappings={**spec.remappings, **remappings(spec.name, chosen)},
            namespace=str(chosen.get('namespace', spec.namespace)),
        )


def sim_graph(
    *,
    seed: int | None = None,
    sim: Mapping[str, Value] | None = None,
    vlm: Mapping[str, Value] | None = None,
    task: Mapping[str, Value] | None = None,
) -> Graph:
    """
    Return everything from the simulated camera to the simulated arm.

    :param seed: of the scene; None leaves it to the parameter file.
    :param sim: more parameters of sim_node; `vlm` and `task` likewise of the other nodes.
    """
    scene: dict[str, Value] = {} if seed is None else {'scene.seed': seed}
    return Graph(
        'sim',
        (
            NodeSpec(
                'sim_node',
                ('sim_node.yaml',),
                scene | dict(sim or {}),
                environment=sim_environment(),
            ),
            NodeSpec('motion_node', ('motion_node.yaml',)),
            NodeSpec('vlm_node', ('vlm_node.yaml', 'sim_camera.yaml'), dict(vlm or {})),
            NodeSpec('task_node', ('task_node.yaml',), dict(task or {})),
        ),
    )


def vlm_graph(parameters: Mapping[str, Value] | None = None) -> Graph:
    """Return vlm_node alone, for somebody's camera."""
    return Graph('vlm', (NodeSpec('vlm_node', ('vlm_node.yaml',), dict(parameters or {})),))


def robot_graph() -> Graph:
    """Return everything but the simulator, for a real camera and arm; it begins dry."""
    return Graph(
        'robot',
        tuple(
            NodeSpec(name, (f'{name}.yaml', 'robot.yaml'))
            for name in ('motion_node', 'vlm_node', 'task_node')
        ),
    )


def demo_graph(chosen: Chosen) -> Graph:
    """Return the simulated robot with one instruction to carry out."""
    instruction = str(chosen.get('instruction', _INSTRUCTION))
    wait = ('--wait', '180', '--namespace', str(chosen.get('namespace', '')))
    return replace(sim_graph(), name='demo', command=('say', *wait, '--', instruction))


_NAMESPACE = Argument('namespace', 'namespace of every node and topic')
_PARAMS = Argument('params', 'a parameter file of your own, which wins over those of config/')
_REMAP = Argument('remap', "any other names: 'old:=new', several separated by blanks")
_SEED = Argument(
    'seed', 'the same seed gives the same scene', kind=int, sets={'sim_node': 'scene.seed'}
)
_SPEECH = (
    Argument('speech', 'hear instructions: microphone, topic, or the path of a sound file'),
    Argument('device', 'the microphone, by name or index', sets={'speech_node': 'device'}),
    Argument('audio', 'your audio topic, with speech on the topic'),
)
_POLICY = Argument(
    'policy',
    'what a second instruction does to the first',
    choices=('preempt', 'queue', 'reject'),
    sets={'task_node': 'policy'},
)
_MODEL = (
    Argument('model', 'a profile, or the path of your own', sets={'vlm_node': 'backend.model'}),
    Argument(
        'backend',
        "what runs the model; by default what the model's profile says",
        choices=('auto', 'local', 'openai', 'scripted'),
        sets={'vlm_node': 'backend.name'},
    ),
    Argument('url', 'address of an OpenAI-compatible server', sets={'vlm_node': 'backend.url'}),
)
_CAMERA = (
    Argument(
        'transport',
        'colour topic: image_raw or image_raw/compressed',
        choices=('raw', 'compressed'),
        sets={'vlm_node': 'camera.transport'},
    ),
    Argument(
        'depth_transport',
        'depth topic: depth/image_raw or depth/image_raw/compressedDepth',
        choices=('raw', 'compressed'),
        sets={'vlm_node': 'camera.depth_transport'},
    ),
    Argument('image', 'your colour topic, for example /camera/color/image_raw'),
    Argument('depth', 'your depth topic'),
    Argument('camera_info', "your colour camera's camera_info"),
    Argument('depth_camera_info', "your depth camera's camera_info, where depth is its own view"),
)
_ARM = (
    Argument(
        'executor',
        "what moves the arm: ros2_control's trajectory topic, MoveIt, or your own planner",
        choices=('trajectory', 'moveit', 'topic'),
        sets={'motion_node': 'executor'},
    ),
    Argument('arm', 'settings of your arm, see config/arm.yaml', sets={'motion_node': 'arm_file'}),
    Argument('arm_model', 'URDF or MJCF of your arm', sets={'motion_node': 'arm_model'}),
    Argument('arm_controller', "your arm's controller, for example /panda_arm_controller"),
    Argument('gripper_controller', "your gripper's controller"),
    Argument('joint_states', 'where your arm says where its joints are'),
    Argument('goal_pose', 'where your own planner takes poses, with the executor topic'),
    Argument('gripper_command', 'where your own planner takes openings'),
    Argument('motion_cancel', 'where your own planner is told to stop'),
    Argument('motion_result', 'where your own planner answers'),
)

GRAPHS: dict[str, GraphKind] = {
    'sim': GraphKind(
        'from the simulated camera to the simulated arm',
        lambda chosen: sim_graph(),
        (_SEED, _POLICY, *_MODEL, *_SPEECH, _PARAMS, _REMAP, _NAMESPACE),
    ),
    'vlm': GraphKind(
        'vlm_node alone, for your camera: nothing moves',
        lambda chosen: vlm_graph(),
        (*_MODEL, *_CAMERA, _PARAMS, _REMAP, _NAMESPACE),
    ),
    'robot': GraphKind(
        'everything on your camera and arm; dry until your parameter file says otherwise',
        lambda chosen: robot_graph(),
        (*_MODEL, *_CAMERA, *_ARM, _POLICY, *_SPEECH, _PARAMS, _REMAP, _NAMESPACE),
        check=require_arm,
    ),
    'demo': GraphKind(
        'the simulator, and one instruction that is carried out in it',
        demo_graph,
        (
            Argument('instruction', 'what to do; nothing but what is heard, with speech'),
            _SEED,
            *_MODEL,
            *_SPEECH,
            _PARAMS,
            _REMAP,
            _NAMESPACE,
        ),
    ),
}
"""Name -> graph, for `vlm-robot up NAME` and `ros2 launch vlm_robot NAME.launch.py`."""
