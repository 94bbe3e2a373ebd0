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

"""`vlm-robot demo`: start everything, carry out instructions, and let the physics judge."""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

from vlm_robot.bringup.graph import Graph, Value
from vlm_robot.bringup.graphs import sim_graph
from vlm_robot.bringup.settled import settled
from vlm_robot.bringup.supervisor import GraphError, Supervisor
from vlm_robot.cli import statuses
from vlm_robot.cli.client import Client, open_client
from vlm_robot.cli.demo_run import DemoRun, Scene
from vlm_robot.cli.demo_script import SCENES, Act, Script, write_script
from vlm_robot.cli.demo_speech import Spoken, duration_s, speech_graph
from vlm_robot.cli.plan_json import plan_json
from vlm_robot.cli.true_answers import write_answers
from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import OK, Outcome, Verdict
from vlm_robot.sim.scene import sample_scene

_READY_TIMEOUT_S = 180.0
SEED = 1
Play = Callable[[Client, DemoRun], Verdict]
"""What is done once everything runs."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of this command."""
    given = parser.add_mutually_exclusive_group()
    given.add_argument('--instruction', help='one instruction of your own instead of three')
    given.add_argument(
        '--speech', type=Path, help='a sound file with spoken instructions, instead of typed ones'
    )
    parser.add_argument('--seed', type=int, default=SEED, help=f'of the scene (default {SEED})')
    parser.add_argument(
        '--scripted',
        action='store_true',
        help="take the answers from the simulator's ground truth instead of a model",
    )
    parser.add_argument(
        '--out', type=Path, default=Path('out/demo'), help='folder for video, pictures and plans'
    )


def run(args: argparse.Namespace) -> int:
    """Run the demo; 0 only if the physics says that every goal holds at the end."""
    if args.seed < 0:
        print(f'vlm-robot: --seed is {args.seed}: expected 0 or more', file=sys.stderr)
        return statuses.USAGE
    signal.signal(signal.SIGTERM, _interrupt)
    # a domain of its own: the demo neither sees nor moves other robots on the network
    os.environ['ROS_DOMAIN_ID'] = str(os.getpid() % 100 + 1)
    os.environ.setdefault('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
    args.out.mkdir(parents=True, exist_ok=True)
    script = write_script(args.seed)
    acts = script.acts if args.instruction is None else (Act(args.instruction, None),)
    try:
        play = _typed(acts) if args.speech is None else _spoken(args.speech, args.out)
        return _run(settled(_graph(script, args)), play, args.out)
    except (GraphError, Refusal) as err:
        print(f'vlm-robot: {err}', file=sys.stderr)
        wrong = isinstance(err, GraphError) and err.is_misconfigured
        return statuses.USAGE if wrong else statuses.NO_SERVER


def _run(graph: Graph, play: Play, out: Path) -> int:
    print('starting simulator, model, executive and motion ...', flush=True)
    with Supervisor(graph, log_path=out / 'nodes.log', on_line=_warn) as supervisor:
        supervisor.wait_ready(_READY_TIMEOUT_S)
        with open_client() as client, Scene(client, out) as scene:
            demo = DemoRun(client, scene, supervisor)
            demo.wait_for_camera()
            verdict = play(client, demo)
            held = demo.judge()
            demo.finish()
    _write_plans(demo, out)
    _summarise(demo, out)
    if demo.interrupted:
        return statuses.INTERRUPTED
    if not verdict.ok:
        return statuses.exit_status(verdict.outcome)
    return statuses.OK if held else statuses.FAILED


def _typed(acts: Sequence[Act]) -> Play:
    """Carry out acts until one fails."""

    def play(_: Client, demo: DemoRun) -> Verdict:
        for act in acts:
            verdict = demo.play(act)
            if not verdict.ok:
                return verdict
        return OK

    return play


def _spoken(path: Path, out: Path) -> Play:
    """
    Carry out what is heard in a file, until something fails.

    :raises ConfigurationError: when the file is no sound.
    """
    spoken_s = duration_s(path)
    graph = settled(speech_graph(path))

    def play(client: Client, demo: DemoRun) -> Verdict:
        spoken = Spoken(client, lambda line: print(line, flush=True))
        verdict = Verdict(Outcome.BAD_INSTRUCTION, f'no instruction was heard in {path}')
        print(f'\nlistening to {path} ({spoken_s:.1f} s) ...', flush=True)
        with Supervisor(graph, log_path=out / 'speech.log', on_line=_warn) as listening:
            listening.wait_ready(_READY_TIMEOUT_S)
            for text in spoken.instructions(spoken_s):
                verdict = demo.play(Act(text, None), spoken.follow)
                if not verdict.ok:
                    break
        if not demo.results:
            print(verdict.message, flush=True)
        return verdict

    return play


def _graph(script: Script, args: argparse.Namespace) -> Graph:
    vlm: dict[str, Value] = {}
    if args.scripted:
        answers = args.out / 'answers.yaml'
        write_answers(answers, sample_scene(script.scene_seed, SCENES), script.acts)
        vlm = {'backend.name': 'scripted', 'backend.model': str(answers)}
    return sim_graph(
        seed=script.scene_seed,
        sim={
            'scene.min_objects': SCENES.min_objects,
            'scene.max_objects': SCENES.max_objects,
            'scene.max_wide': SCENES.max_wide,
            'scene.gap_m': SCENES.gap,
            'scene_view_rate_hz': 4.0,
        },
        vlm=vlm,
        task={'gate.accept_unknown_confidence': True} if args.scripted else {},
    )


def _write_plans(demo: DemoRun, out: Path) -> None:
    plans = [plan_json(result.plan) for result in demo.results]
    (out / 'plans.json').write_text(json.dumps(plans, indent=2) + '\n', encoding='utf-8')


def _summarise(demo: DemoRun, out: Path) -> None:
    if demo.planned_s:
        median_s = statistics.median(demo.planned_s)
        print(f'\ninstruction to plan: {median_s:.2f} s (median of {len(demo.planned_s)})')
    names = ', '.join(sorted(path.name for path in out.iterdir()))
    print(f'{out}: {names}')


def _warn(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
