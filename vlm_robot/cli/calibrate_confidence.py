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

"""`vlm-robot calibrate-confidence`: how often a point of a confidence is right."""

from __future__ import annotations

import argparse
from pathlib import Path


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of this command."""
    parser.add_argument('--episodes', type=int, default=400, help='instructions of each form')
    parser.add_argument('--seed', type=int, default=100_000, help='first seed')
    parser.add_argument('--model', default='tabletop', help='profile of the model')
    parser.add_argument('--forms', nargs='*', help='only these forms of reference')
    parser.add_argument('--precision', type=float, default=0.99, help='wanted of what passes')
    parser.add_argument('--workers', type=int, default=2, help='processes')
    parser.add_argument('--out', type=Path, default=Path('out/confidence'), help='folder')


def run(args: argparse.Namespace) -> int:
    """Collect, print the report, write it with JSON and PNG; return 0."""
    from vlm_robot.tuning.calibrate import Collection, collect
    from vlm_robot.tuning.calibration_report import report, write
    from vlm_robot.tuning.episodes import FORMS

    collection = Collection(
        model=args.model,
        episodes=args.episodes,
        seed=args.seed,
        forms=tuple(args.forms or FORMS),
        workers=args.workers,
    )
    samples = collect(collection)
    write(samples, args.out, precision=args.precision)
    print(report(samples, precision=args.precision))
    print(f'written to {args.out}')
    return 0
