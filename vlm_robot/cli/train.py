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

"""`vlm-robot train`: makes the embedded model's checkpoint from nothing."""

from __future__ import annotations

import argparse
from pathlib import Path


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of this command."""
    from vlm_robot.resources import share_path

    recipe = share_path('config', 'training') / 'tabletop.yaml'
    parser.add_argument('--recipe', type=Path, default=recipe, help='YAML file')
    parser.add_argument(
        '--work', type=Path, default=Path('out/training'), help='folder for progress'
    )
    parser.add_argument(
        '--checkpoint', type=Path, default=Path('out/training/checkpoint'), help='folder to write'
    )


def run(args: argparse.Namespace) -> int:
    """Train and return 0."""
    from vlm_robot.tuning.recipe import load_recipe
    from vlm_robot.tuning.train import train

    train(load_recipe(args.recipe), args.work, args.checkpoint)
    print(f'checkpoint written to {args.checkpoint}')
    return 0
