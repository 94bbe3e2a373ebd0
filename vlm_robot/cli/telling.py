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


"""Commands that tell the running robot one thing: what they have in common."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from vlm_robot.cli import statuses
from vlm_robot.cli.client import Client, cancel_on_interrupt, open_client
from vlm_robot.core.cancel import CancelToken
from vlm_robot.core.errors import Refusal


def configure_namespace(parser: argparse.ArgumentParser) -> None:
    """Declare which robot is meant."""
    parser.add_argument('--namespace', default='', help="of the robot's nodes")


def tell(namespace: str, say: Callable[[Client, CancelToken], int]) -> int:
    """Return the exit status of what is said to a robot; a refusal is printed. Ctrl-C cancels."""
    with cancel_on_interrupt() as cancel, open_client(namespace) as client:
        try:
            return say(client, cancel)
        except Refusal as refusal:
            print(f'{refusal.outcome.name} {refusal.message}')
            if cancel.is_set():
                return statuses.INTERRUPTED
            return statuses.exit_status(refusal.outcome)
