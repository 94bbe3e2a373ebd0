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

"""`vlm-robot evaluate`: success in physics, with references beside it."""

from __future__ import annotations

import argparse
from pathlib import Path


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of this command."""
    parser.add_argument(
        '--episodes', type=int, default=100, help='episodes named by colour and kind'
    )
    parser.add_argument('--seed', type=int, default=0, help='first seed')
    parser.add_argument('--model', default='tabletop', help='profile of the model')
    parser.add_argument('--workers', type=int, default=2, help='processes')
    parser.add_argument('--forms', nargs='*', help='only these forms of reference')
    parser.add_argument('--no-references', action='store_true', help='only the model')
    parser.add_argument('--out', type=Path, default=Path('out/evaluation'), help='folder')


def run(args: argparse.Namespace) -> int:
    """Evaluate, print the table, write it with JSON and PNG; return 0."""
    from vlm_robot.tuning.episodes import FORMS
    from vlm_robot.tuning.evaluate import REFERENCES, Evaluation, evaluate
    from vlm_robot.tuning.report import table, write

    evaluation = Evaluation(
        model=args.model,
        episodes=args.episodes,
        seed=args.seed,
        forms=tuple(args.forms or FORMS),
        references=() if args.no_references else REFERENCES,
        workers=args.workers,
    )
    results = evaluate(evaluation)
    write(results, args.out)
    print(table(results))
    print(f'written to {args.out}')
    return 0
