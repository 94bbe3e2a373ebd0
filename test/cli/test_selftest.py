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

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from vlm_robot.cli import statuses
from vlm_robot.cli.main import main
from vlm_robot.core.skills import Skill
from vlm_robot.core.values import Pixel, Step, Target
from vlm_robot.models.answer import ImageSize
from vlm_robot.models.conventions.tabletop import TabletopConvention
from vlm_robot.models.selftest.cards import Card, drawn_cards


def write_script(folder: Path, *, mirrored: bool) -> Path:
    answers = {}
    for card in drawn_cards():
        height, width = card.rgb.shape[:2]
        step = Step(Skill.PICK, Target('thing', place(card, mirrored=mirrored)))
        answer = TabletopConvention().render((step,), ImageSize(width, height))
        answers[f'pick up the {card.words}'] = answer
    path = folder / 'script.yaml'
    path.write_text(yaml.safe_dump({'answers': answers}), encoding='utf-8')
    return path


def place(card: Card, *, mirrored: bool) -> Pixel:
    u, v = card.true
    return (card.rgb.shape[1] - 1 - u, v) if mirrored else (u, v)


@pytest.mark.parametrize(
    ('mirrored', 'status', 'said'),
    [
        (False, statuses.OK, 'right: the model points right on 6 of 6 images'),
        (True, statuses.UNFIT, 'mirrored in x: on 6 of 6 images, its points are mirrored in x'),
    ],
)
def test_the_table_has_a_line_for_each_image_and_the_status_says_how_it_ended(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    mirrored: bool,
    status: int,
    said: str,
) -> None:
    script = write_script(tmp_path, mirrored=mirrored)

    assert main(['selftest', '--backend', 'scripted', '--model', str(script)]) == status

    printed = capsys.readouterr().out
    assert said in printed
    assert all(card.words in printed for card in drawn_cards())
    assert printed.count('WRONG') == (6 if mirrored else 0)


def test_a_model_without_an_answer_is_unfit_and_the_line_says_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / 'script.yaml'
    script.write_text('answers: {}', encoding='utf-8')

    status = main(['selftest', '--backend', 'scripted', '--model', str(script)])

    assert status == statuses.UNFIT
    assert 'the script has no answer' in capsys.readouterr().out
