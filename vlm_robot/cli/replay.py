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

"""`vlm-robot replay`: plan on what a bag recorded, and compare with what was planned live."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vlm_robot.bags.camera_topics import ROLES, CameraTopics, find_camera
from vlm_robot.bags.parameter_file import PARAMETERS_KEY, filled, from_text
from vlm_robot.bags.reader import Bag, open_bag
from vlm_robot.cli import statuses
from vlm_robot.core.errors import ConfigurationError, Refusal

if TYPE_CHECKING:
    from vlm_robot.cli.replaying import Replay, Replayed
    from vlm_robot.core.cancel import CancelToken
    from vlm_robot.models.planner import Planner
    from vlm_robot.nodes.vlm_parameters import VlmParameters


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of this command."""
    parser.add_argument('bag', type=Path, help='folder of rosbag2, or an .mcap or .db3 file')
    parser.add_argument('--instruction', help='without, those of the bag are planned again')
    parser.add_argument('--at', type=_seconds, help='seconds from the first image (default 0)')
    parser.add_argument('--all', action='store_true', help='plan on images all along the bag')
    parser.add_argument('--every', type=_seconds, default=1.0, help='seconds, with --all')
    parser.add_argument('--model', default='', help='a profile (default: as recorded)')
    parser.add_argument('--backend', default='auto', help='auto is what the profile says')
    parser.add_argument('--device', default='', help='cpu or cuda; the backend chooses if not')
    parser.add_argument('--camera', default='', help='namespace of the camera')
    parser.add_argument(
        '--topic',
        action='append',
        default=[],
        metavar='ROLE=NAME',
        help=f'what a topic is: a role of {", ".join(ROLES)}',
    )
    parser.add_argument('--extrinsics', type=Path, help="parameter file of the camera's pose")
    parser.add_argument('--base-frame', default='', help="the arm's base (default: as recorded)")
    parser.add_argument('--pixels', action='store_true', help='plan in pixels, without depth')
    parser.add_argument('--out', type=Path, help='folder for plans and pictures')


def run(args: argparse.Namespace) -> int:
    """Replay; 0 if every plan is fine and, where there is a live one, the same."""
    from vlm_robot.cli.client import cancel_on_interrupt

    with open_bag(args.bag) as bag, cancel_on_interrupt() as cancel:
        try:
            status = _run(args, bag, cancel)
        except Refusal as refusal:
            print(f'{refusal.outcome.name} {refusal.message}')
            status = statuses.exit_status(refusal.outcome)
        if bag.damage:
            print(f'vlm-robot: the bag is damaged: {bag.damage}', file=sys.stderr)
    return statuses.INTERRUPTED if cancel.is_set() else status


def _run(args: argparse.Namespace, bag: Bag, cancel: CancelToken) -> int:
    from vlm_robot.cli.bag_transforms import choose_transforms
    from vlm_robot.cli.replaying import Replay

    recorded, given = _recorded(bag), _given(args.extrinsics)
    values = recorded | given
    cameras = _cameras(args, bag, values.get('camera.names', ['']))
    first = next(iter(cameras.values()))
    parameters = _parameters({'camera.rectified': first.is_rectified} | values, args)
    chosen = choose_transforms(
        bag,
        parameters,
        has_extrinsics=any(parameters.extrinsics.camera_frames),
        are_given=bool(given),
    )
    for topics in cameras.values():
        print(topics.sentence())
    print(chosen.sentence, flush=True)
    planner = _planner(args, parameters)
    replay = Replay(bag, cameras, planner, parameters, chosen=chosen)
    return _report(_plans(args, replay, cancel), replay, args.out)


def _cameras(args: argparse.Namespace, bag: Bag, names: Any) -> dict[str, CameraTopics]:
    """Return the topics of the cameras that were asked for, or recorded, or can be found."""
    chosen = dict(_role(text) for text in args.topic)
    known = names if isinstance(names, list) and all(isinstance(n, str) for n in names) else ['']
    wanted = [args.camera] if args.camera or chosen else known
    return {name: find_camera(bag.topics, camera=name, chosen=chosen) for name in wanted}


def _plans(args: argparse.Namespace, replay: Replay, cancel: CancelToken) -> Iterable[Replayed]:
    if args.instruction is None:
        return replay.live(cancel)
    if args.all:
        return replay.every(round(args.every * 1e9), args.instruction, cancel)
    time_ns = replay.first_ns + round((args.at or 0.0) * 1e9)
    return iter([replay.at(time_ns, args.instruction, cancel)])


def _recorded(bag: Bag) -> dict[str, Any]:
    text = bag.custom.get(PARAMETERS_KEY, '')
    return from_text(text, origin=f'{PARAMETERS_KEY!r} of the bag') if text else {}


def _given(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        return from_text(path.read_text('utf-8'), origin=str(path))
    except (OSError, UnicodeDecodeError) as err:
        raise ConfigurationError(f'{str(path)!r} cannot be read: {err}') from err


def _parameters(values: Mapping[str, Any], args: argparse.Namespace) -> VlmParameters:
    from vlm_robot.nodes.vlm_parameters import VlmParameters

    changes = dict(values)
    if args.base_frame:
        changes['grounding.base_frame'] = args.base_frame
    if args.pixels:
        changes['grounding.enabled'] = False
    return filled(VlmParameters(), changes)


def _planner(args: argparse.Namespace, parameters: VlmParameters) -> Planner:
    """
    Load the model.

    :raises ConfigurationError: for a model that the bag names but that is no profile of ours: a
        bag may be anybody's, and opens no files.
    """
    from vlm_robot.models.planner import make_planner
    from vlm_robot.models.profile import known_profiles

    model = args.model or parameters.backend.model
    if not args.model and model not in known_profiles():
        raise ConfigurationError(
            f'the bag was recorded with the model {model!r}: expected --model with a profile '
            'or path that you trust'
        )
    return make_planner(args.backend, {'model': model, 'device': args.device})


def _report(plans: Iterable[Replayed], replay: Replay, out: Path | None) -> int:
    found: list[int] = []
    for index, replayed in enumerate(plans):
        print(_words(replayed, replay.first_ns), flush=True)
        if out is not None:
            _write(replayed, out, index)
        found.append(_status(replayed))
    if not found:
        print('the bag has no instruction and no plan: --instruction TEXT gives one')
        return statuses.USAGE
    return next((status for status in found if status != statuses.OK), statuses.OK)


def _status(replayed: Replayed) -> int:
    if replayed.is_compared:
        return statuses.UNFIT if replayed.differences else statuses.OK
    return statuses.exit_status(replayed.plan.outcome)


def _words(replayed: Replayed, first_ns: int) -> str:
    from vlm_robot.cli.timeline import describe

    plan, at_s = replayed.plan, (replayed.time_ns - first_ns) / 1e9
    stages = ', '.join(f'{name} {value:.3f} s' for name, value in plan.timings_s.items())
    said = plan.question or plan.verdict.message
    lines = [f'{at_s:9.3f} s  {plan.instruction!r}: {plan.outcome.name} {said}'.rstrip()]
    lines += [f'             {stages}'] if stages else []
    lines += [f'             {i}. {describe(step)}' for i, step in enumerate(plan.steps, 1)]
    return '\n'.join([*lines, *(f'             {line}' for line in _comparison(replayed))])


def _comparison(replayed: Replayed) -> Iterator[str]:
    if replayed.live is None:
        return
    if not replayed.is_compared:
        yield f'not compared: live it ended with {replayed.live.outcome.name}'
    elif not replayed.differences:
        yield 'the same plan as live'
    yield from (f'not as live: {line}' for line in replayed.differences)


def _write(replayed: Replayed, out: Path, index: int) -> None:
    """
    Write the plan and its picture.

    :raises ConfigurationError: when they cannot be written.
    """
    import cv2

    from vlm_robot.cli.plan_json import plan_json
    from vlm_robot.ros.overlay import draw_plan

    content = plan_json(replayed.plan)
    if replayed.live is not None:
        content['differences'] = list(replayed.differences)
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / f'plan_{index:03d}.json').write_text(json.dumps(content, indent=2) + '\n', 'utf-8')
        if replayed.frame is not None:
            picture = draw_plan(replayed.frame.rgb, replayed.plan)
            _, png = cv2.imencode('.png', cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
            (out / f'plan_{index:03d}.png').write_bytes(png.tobytes())
    except OSError as err:
        raise ConfigurationError(f'{str(out)!r} cannot be written: {err.strerror}') from err


def _role(text: str) -> tuple[str, str]:
    role, separator, name = text.partition('=')
    if not separator or not name:
        raise ConfigurationError(f'--topic is {text!r}: expected for example colour=/image')
    return role, name if name.startswith('/') else f'/{name}'


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value < math.inf:
        raise ValueError(text)
    return value
