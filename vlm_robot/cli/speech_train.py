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

"""`vlm-robot speech train`: makes the embedded speech models."""

from __future__ import annotations

import argparse
from importlib import import_module
from pathlib import Path

TRAININGS: dict[str, str] = {
    'acoustic': 'vlm_robot.tuning.speech.train_acoustic',
    'stop': 'vlm_robot.tuning.speech.train_stop',
    'confidence': 'vlm_robot.tuning.speech.fit_confidence',
}
"""Name -> module with `train(recipe: Path, work: Path, checkpoint: Path) -> None`."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of this command."""
    from vlm_robot.resources import share_path

    recipe = share_path('config', 'training') / 'speech.yaml'
    parser.add_argument('model', choices=sorted(TRAININGS), help='which of the models')
    parser.add_argument('--recipe', type=Path, default=recipe, help='YAML file')
    parser.add_argument(
        '--work', type=Path, default=Path('out/speech'), help='folder for speech and progress'
    )
    parser.add_argument('--checkpoint', type=Path, help='file to write (default: in WORK)')


def run(args: argparse.Namespace) -> int:
    """Train and return 0."""
    suffix = '.json' if args.model == 'confidence' else '.safetensors'
    checkpoint = args.checkpoint or args.work / f'{args.model}{suffix}'
    import_module(TRAININGS[args.model]).train(args.recipe, args.work, checkpoint)
    print(f'checkpoint written to {checkpoint}')
    return 0
