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

"""The command line: `python3 -m tools.workspace setup`, `... run COMMAND`, `... lock`."""

from __future__ import annotations

import argparse
import fcntl
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.workspace import SetupError, environment, interfaces, layout, lock, stamps, system
from tools.workspace.layout import Layout

UNUSABLE = 2  # exit status when a person has to do something first


@dataclass(frozen=True)
class Part:
    """A part of the set-up, and the contents that it is made from."""

    name: str
    sources: tuple[str | Path, ...]
    make: Callable[[], None]


def parts(place: Layout) -> tuple[Part, ...]:
    """List the parts in the order in which they build on one another."""
    python = (f'{sys.version_info[:2]}', str(layout.base_python().parent))
    messages = (str(place.root), place.root / interfaces.PACKAGE)
    package = (place.root / 'setup.py', place.root / 'setup.cfg')
    return (
        Part('venv', python, lambda: environment.create(place)),
        Part('packages', place.locks, lambda: environment.install_packages(place)),
        Part('interfaces', messages, lambda: interfaces.build(place)),
        Part('vlm_robot', package, lambda: environment.install_vlm_robot(place)),
    )


def refresh(todo: Sequence[Part], folder: Path) -> None:
    """
    Make every part that is missing or out of date, and those that build on it.

    :param folder: where the stamps are.
    """
    key = ''
    for part in todo:
        key = stamps.content_key(key, *part.sources)
        stamp = folder / part.name
        if not stamps.is_fresh(stamp, key):
            stamps.mark_stale(stamp)
            part.make()
            stamps.mark_fresh(stamp, key)


def set_up(place: Layout) -> None:
    """Bring the whole workspace up to date."""
    layout.check_python(sys.version_info[:2])
    place.work.mkdir(exist_ok=True)
    with (place.work / 'lock').open('w') as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)  # a second set-up waits for the first
        system.ensure(place.work / 'log' / 'system.txt')
        refresh(parts(place), place.venv / '.stamps')


def main(arguments: Sequence[str] | None = None) -> int:
    """
    Run the command line.

    :return: the exit status.
    """
    options = _parser().parse_args(arguments)
    try:
        place = layout.choose(options.ros, sourced=layout.sourced_distro())
        if options.action == 'run':
            environment.execute(place, options.command)
        elif options.action == 'lock':
            lock.write_locks(place)
        else:
            set_up(place)
    except SetupError as error:
        print(f'error: {error}', file=sys.stderr)
        return UNUSABLE
    except KeyboardInterrupt:
        print('\ninterrupted: run it again to go on', file=sys.stderr)
        return UNUSABLE
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog='python3 -m tools.workspace', description=__doc__)
    parser.add_argument('--ros', default='', help='kilted (default) or jazzy')
    actions = parser.add_subparsers(dest='action', required=True)
    actions.add_parser('setup', help='make what is missing or out of date')
    actions.add_parser('lock', help='resolve requirements*.in into requirements*.lock')
    run = actions.add_parser('run', help='run a command in the environment')
    run.add_argument('command', nargs=argparse.REMAINDER)
    return parser


if __name__ == '__main__':
    sys.exit(main())
