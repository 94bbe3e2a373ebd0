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

"""`vlm-robot ask`: ask the model about what the camera sees."""

from __future__ import annotations

import argparse

from vlm_robot.cli import statuses
from vlm_robot.cli.client import Client
from vlm_robot.cli.telling import configure_namespace, tell
from vlm_robot.core.cancel import CancelToken
from vlm_robot.ros.conversions import target_value, verdict_value


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of this command."""
    parser.add_argument('question', help='for example "how many cubes are there"')
    configure_namespace(parser)


def run(args: argparse.Namespace) -> int:
    """Ask, and print the answer and what it points at."""
    return tell(args.namespace, lambda client, cancel: _ask(client, args.question, cancel))


def _ask(client: Client, question: str, cancel: CancelToken) -> int:
    response = client.ask(question, cancel)
    verdict = verdict_value(response.error_code, response.error_msg)
    if not verdict.ok:
        print(f'{verdict.outcome.name} {verdict.message}')
        return statuses.exit_status(verdict.outcome)
    print(response.answer)
    for target in map(target_value, response.targets):
        if target.pixel is not None:
            print(f'  {target.label} at pixel ({target.pixel[0]:.0f}, {target.pixel[1]:.0f})')
    return statuses.OK
