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

"""`vlm-robot speech evaluate`: how well spoken commands and stop words are understood."""

from __future__ import annotations

import argparse
from pathlib import Path


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of this command."""
    parser.add_argument('--recogniser', default='embedded', help='embedded, pocketsphinx, ...')
    parser.add_argument('--model', default='', help='of the recogniser; empty for its own')
    parser.add_argument('--utterances', type=int, default=240, help='in each condition')
    parser.add_argument('--hours', type=float, default=1.0, help='of noise, music and talk')
    parser.add_argument('--stops', type=int, default=320, help='stop words inside speech')
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--workers', type=int, default=2, help='processes')
    parser.add_argument('--out', type=Path, default=Path('out/speech'), help='folder')
    parser.add_argument('--voices', type=Path, help='folder of kept speech; default OUT/voices')


def run(args: argparse.Namespace) -> int:
    """Evaluate, print the tables, write them with JSON and PNG; return 0."""
    from vlm_robot.tuning.speech.evaluation import Evaluation, evaluate
    from vlm_robot.tuning.speech.judge_report import tables, write

    evaluation = Evaluation(
        recogniser=args.recogniser,
        model=args.model,
        utterances=args.utterances,
        hours=args.hours,
        stops=args.stops,
        seed=args.seed,
        workers=args.workers,
        cache=args.voices or args.out / 'voices',
    )
    verdicts = evaluate(evaluation)
    write(verdicts, evaluation, args.out)
    print(tables(verdicts))
    print(f'\nwritten to {args.out}')
    return 0
