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


"""`vlm-robot clear`: accept instructions again after a stop."""

from __future__ import annotations

import argparse

from vlm_robot.cli import statuses
from vlm_robot.cli.client import Client
from vlm_robot.cli.telling import configure_namespace, tell
from vlm_robot.core.cancel import CancelToken


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of this command."""
    configure_namespace(parser)


def run(args: argparse.Namespace) -> int:
    """Clear the stop, and print what task_node says."""

    def clear(client: Client, cancel: CancelToken) -> int:
        print(client.clear(cancel).message)
        return statuses.OK

    return tell(args.namespace, clear)
