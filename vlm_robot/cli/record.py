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

"""`vlm-robot record`: write what a running graph says into a bag."""

from __future__ import annotations

import argparse
import signal
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import vlm_robot
from vlm_robot.bags.parameter_file import PARAMETERS_KEY, VERSION_KEY, is_of_a_replay, to_text
from vlm_robot.bags.selection import matching, usual
from vlm_robot.bags.writer import BagWriter, Summary
from vlm_robot.cli import statuses
from vlm_robot.cli.client import cancel_on_interrupt, open_client

if TYPE_CHECKING:
    from vlm_robot.core.cancel import CancelToken
    from vlm_robot.ros.recording import Recording

_LOOK_S = 0.1


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of this command."""
    parser.add_argument('--out', type=Path, help='folder to make (default: named by the time)')
    parser.add_argument(
        '--topics',
        nargs='+',
        default=[],
        metavar='NAME',
        help="topics instead of cameras, arm, transforms and plans; '*' stands for anything",
    )
    parser.add_argument('--duration', type=float, default=0.0, help='seconds; Ctrl-C ends it too')


def run(args: argparse.Namespace) -> int:
    """Record until Ctrl-C or the end of the time; 0 if all that came has been written."""
    folder = args.out or Path(datetime.now().strftime('vlm_robot_%Y_%m_%d-%H_%M_%S'))
    wants = matching(args.topics) if args.topics else usual
    with cancel_on_interrupt() as cancel:
        writer = BagWriter(folder)
        from vlm_robot.ros.recording import Recording
        from vlm_robot.ros.remote_parameters import RemoteParameters

        with open_client() as client:
            parameters = RemoteParameters(client.node, lambda n: n == 'vlm_node', is_of_a_replay)
            recording = Recording(client.node, writer, wants)
            print(f'recording into {folder}: Ctrl-C ends it', flush=True)
            _watch(recording, writer, cancel, duration_s=args.duration)
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_IGN)  # an impatient second one costs the bag
        summary = writer.close(_custom(parameters.values))
    return _report(writer, summary, recording)


def _watch(
    recording: Recording, writer: BagWriter, cancel: CancelToken, *, duration_s: float
) -> None:
    """Say what is recorded as it appears, until the end."""
    end_s = time.monotonic() + duration_s if duration_s > 0 else float('inf')
    told: set[str] = set()
    while not cancel.wait(_LOOK_S) and time.monotonic() < end_s and not writer.problem:
        for topic in recording.topics:
            if topic not in told:
                print(f'  {topic}', flush=True)
        told |= set(recording.topics)


def _custom(values: Mapping[str, Mapping[str, object]]) -> dict[str, str]:
    custom = {VERSION_KEY: vlm_robot.__version__}
    return custom | ({PARAMETERS_KEY: to_text(values)} if values else {})


def _report(writer: BagWriter, summary: Summary, recording: Recording) -> int:
    written, dropped = summary.written.total(), summary.dropped.total()
    if not written and not writer.problem:
        writer.discard()
        print(f'nothing was recorded: none of {len(recording.left_out)} topics could be used')
        return statuses.NO_SERVER
    print(f'{written} messages of {len(summary.written)} topics are in {writer.folder}')
    for topic, count in sorted(summary.dropped.items()):
        print(f'  {topic}: {count} messages were dropped, because they came too fast for the disk')
    if writer.problem:
        print(f'vlm-robot: {writer.problem}')
    return statuses.FAILED if writer.problem or dropped else statuses.OK
