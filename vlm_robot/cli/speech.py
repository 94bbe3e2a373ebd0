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

"""`vlm-robot speech`: devices, what a file says, and how well it is understood."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module

COMMANDS: dict[str, tuple[str, str]] = {
    'devices': ('vlm_robot.cli.speech_devices', 'list the microphones'),
    'hear': ('vlm_robot.cli.speech_hear', 'say what is heard in a file or by a microphone'),
    'evaluate': ('vlm_robot.cli.speech_evaluate', 'measure what is understood'),
    'train': ('vlm_robot.cli.speech_train', 'train the embedded speech models'),
}
"""Name -> module with `configure(parser)` and `run(args) -> int`, and a line of help."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the commands; a command's module is imported only when it is called."""
    commands = parser.add_subparsers(metavar='WHAT', required=True)
    for name, (module_name, summary) in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=f'{summary.capitalize()}.')
        if name in sys.argv:
            module = import_module(module_name)
            module.configure(command)
            command.set_defaults(run_speech=module.run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    return int(args.run_speech(args))
