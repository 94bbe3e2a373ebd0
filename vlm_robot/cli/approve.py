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


"""`vlm-robot approve`: let the plan that waits be carried out, or not."""

from __future__ import annotations

import argparse

from vlm_robot.cli import statuses
from vlm_robot.cli.client import Client
from vlm_robot.cli.telling import configure_namespace, tell
from vlm_robot.core.cancel import CancelToken


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of this command."""
    parser.add_argument('--no', action='store_true', help='reject the plan')
    configure_namespace(parser)


def run(args: argparse.Namespace) -> int:
    """Decide, and print what was decided on."""

    def decide(client: Client, cancel: CancelToken) -> int:
        response = client.approve(cancel, approved=not args.no)
        if not response.success:
            print(response.message)
            return statuses.REFUSED
        print(f'{"rejected" if args.no else "approved"}: {response.message}')
        return statuses.OK

    return tell(args.namespace, decide)
