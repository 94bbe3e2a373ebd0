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

"""`vlm-robot say`: give the robot an instruction and watch."""

from __future__ import annotations

import argparse

from vlm_robot.cli import statuses
from vlm_robot.cli.client import Client, cancel_on_interrupt, open_client
from vlm_robot.cli.telling import configure_namespace
from vlm_robot.cli.timeline import Timeline
from vlm_robot.core.cancel import CancelToken
from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Verdict


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of this command."""
    parser.add_argument('instruction', help='for example "put the red cube in the blue bowl"')
    parser.add_argument(
        '--wait', type=float, default=0.0, help='seconds to wait for a robot that is starting'
    )
    configure_namespace(parser)


def run(args: argparse.Namespace) -> int:
    """Send the instruction; Ctrl-C cancels it."""
    with cancel_on_interrupt() as cancel, open_client(args.namespace) as client:
        verdict = _say(client, args, cancel)
    print(f'{verdict.outcome.name} {verdict.message}'.rstrip())
    return statuses.INTERRUPTED if cancel.is_set() else statuses.exit_status(verdict.outcome)


def _say(client: Client, args: argparse.Namespace, cancel: CancelToken) -> Verdict:
    timeline = Timeline(lambda line: print(line, flush=True), namespace=args.namespace)
    try:
        if args.wait:
            client.wait_for_robot(args.wait, cancel)
        return client.say(args.instruction, cancel, on_feedback=timeline.feedback).verdict
    except Refusal as refusal:
        return refusal.verdict
