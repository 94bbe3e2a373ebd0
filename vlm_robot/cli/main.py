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

"""The command `vlm-robot`. A subcommand's module is imported only when it is called."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

import vlm_robot
from vlm_robot.cli import statuses
from vlm_robot.core.errors import ConfigurationError, VlmRobotError

SUBCOMMANDS: dict[str, tuple[str, str]] = {
    'demo': ('vlm_robot.cli.demo', 'run instructions in the simulator and record a video'),
    'up': ('vlm_robot.cli.up', 'start a graph of nodes'),
    'say': ('vlm_robot.cli.say', 'give the robot an instruction'),
    'approve': ('vlm_robot.cli.approve', 'let the plan that waits be carried out, or not'),
    'stop': ('vlm_robot.cli.stop', 'stop the robot, and refuse instructions until clear'),
    'clear': ('vlm_robot.cli.clear', 'accept instructions again after a stop'),
    'ask': ('vlm_robot.cli.ask', 'ask the model about what the camera sees'),
    'doctor': ('vlm_robot.cli.doctor', 'say what is right and wrong with a running robot'),
    'evaluate': ('vlm_robot.cli.evaluate', 'measure a model and the whole robot'),
    'calibrate': ('vlm_robot.cli.calibrate', 'find out where the camera is, by a printed board'),
    'calibrate-confidence': (
        'vlm_robot.cli.calibrate_confidence',
        "measure what a model's confidence is worth",
    ),
    'record': ('vlm_robot.cli.record', 'write what a running graph says into a bag'),
    'replay': ('vlm_robot.cli.replay', 'plan on what a bag recorded'),
    'speech': ('vlm_robot.cli.speech', 'hear, list microphones, measure what is understood'),
    'selftest': ('vlm_robot.cli.selftest', 'show a model things and see where it points'),
    'train': ('vlm_robot.cli.train', 'train the embedded model'),
}
"""Name -> module with `configure(parser)` and `run(args) -> int`, and a line of help."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        args = _parser(arguments).parse_args(arguments)
        return int(args.run(args))
    except KeyboardInterrupt:
        return statuses.INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return statuses.OK
    except VlmRobotError as err:
        print(f'vlm-robot: {err}', file=sys.stderr)
        return statuses.USAGE if isinstance(err, ConfigurationError) else statuses.NO_SERVER


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='vlm-robot',
        description='Robot arms that follow instructions about what their camera sees.',
        epilog=statuses.EXPLANATION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('--version', action='version', version=vlm_robot.__version__)
    commands = parser.add_subparsers(metavar='COMMAND', required=True)
    chosen = next((a for a in arguments if not a.startswith('-')), '')
    for name, (module_name, summary) in SUBCOMMANDS.items():
        command = commands.add_parser(name, help=summary, description=f'{summary.capitalize()}.')
        if name == chosen:
            module = import_module(module_name)
            module.configure(command)
            command.set_defaults(run=module.run)
    return parser


if __name__ == '__main__':
    sys.exit(main())
