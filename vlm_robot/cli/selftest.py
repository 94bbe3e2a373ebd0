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

"""`vlm-robot selftest`: show a model things whose place is known, and say where it points."""

from __future__ import annotations

import argparse
import math
from typing import TYPE_CHECKING

from vlm_robot.cli import statuses

if TYPE_CHECKING:
    from vlm_robot.models.selftest.check import Row, SelfTest


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of this command."""
    parser.add_argument('--model', default='tabletop', help='a profile, or what the backend takes')
    parser.add_argument('--backend', default='auto', help='auto is what the profile says')
    parser.add_argument('--device', default='', help='cpu or cuda; the backend chooses if not')
    parser.add_argument('--timeout', type=float, default=120.0, help='for each image, in seconds')


def run(args: argparse.Namespace) -> int:
    """Test, print a line for each image and the result; return 0 if all points are right."""
    from vlm_robot.models.selftest.check import deck, make_subject, self_test

    subject = make_subject(args.backend, {'model': args.model, 'device': args.device})
    result = self_test(subject, deck(subject), deadline_s=args.timeout)
    print(table(result))
    print(f'\n{result.model}: {result.fault.value}: {result.sentence}')
    return statuses.OK if result.ok else statuses.UNFIT


def table(result: SelfTest) -> str:
    """Return a Markdown table of all images."""
    lines = [
        '| thing | image | is at | the model points at | error px | |',
        '|---|---|---|---|---|---|',
    ]
    return '\n'.join(lines + [_line(row) for row in result.rows])


def _line(row: Row) -> str:
    point = row.verdict.message if row.point is None else _pixel(row.point)
    error = '' if math.isnan(row.error_px) else f'{row.error_px:.1f}'
    size = f'{row.size.width} x {row.size.height}'
    mark = 'right' if row.right else 'WRONG'
    return f'| {row.words} | {size} | {_pixel(row.true)} | {point} | {error} | {mark} |'


def _pixel(pixel: tuple[float, float]) -> str:
    return f'({pixel[0]:.0f}, {pixel[1]:.0f})'
