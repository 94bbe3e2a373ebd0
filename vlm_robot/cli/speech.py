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

"""`vlm-robot speech`: devices, what a file says, how well it is understood, and the training."""

from __future__ import annotations

import argparse

from vlm_robot.cli import speech_devices, speech_evaluate, speech_hear, speech_train

_COMMANDS = {
    'devices': (speech_devices, 'list the microphones'),
    'hear': (speech_hear, 'say what is heard in a file or by a microphone'),
    'evaluate': (speech_evaluate, 'measure what is understood'),
    'train': (speech_train, 'train the embedded speech models'),
}
"""Name -> module with `configure(parser)` and `run(args) -> int`, and a line of help."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the commands."""
    commands = parser.add_subparsers(metavar='WHAT', required=True)
    for name, (module, summary) in _COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=f'{summary.capitalize()}.')
        module.configure(command)
        command.set_defaults(run_speech=module.run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    return int(args.run_speech(args))
