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

"""An answer ends in time, within its room, and says what it must."""

from __future__ import annotations

import pytest

torch = pytest.importorskip('torch')

from rig import Rig, json_profile, picture  # noqa: E402
from tiny_models import built  # noqa: E402

from vlm_robot.core.errors import Refusal  # noqa: E402
from vlm_robot.core.outcome import Outcome  # noqa: E402
from vlm_robot.models.answer import Task  # noqa: E402

pytestmark = pytest.mark.torch

IMAGE = picture(0)


@pytest.fixture
def rig() -> Rig:
    return Rig(json_profile(max_new_tokens=30), *built('idefics3'))


def test_a_free_answer_without_an_end_stops_at_the_profiles_limit(rig: Rig) -> None:
    asked = rig.asked('what is it', [IMAGE], Task.ASK)
    assert len(rig.answer(asked).tokens) == 30
    assert rig.plain(asked, 30)[0] == rig.plain(asked, 60)[0][:30]


def test_a_plan_goes_on_to_its_end_whatever_the_limit_of_free_answers(rig: Rig) -> None:
    answer = rig.engine.answer(rig.asked('put it there', [IMAGE]), check=lambda: None)
    assert len(answer.tokens) > 30
    assert answer.text.endswith('}')


def test_pieces_of_text_come_before_the_answer_is_whole(rig: Rig) -> None:
    pieces: list[str] = []
    asked = rig.asked('put it there', [IMAGE])
    answer = rig.engine.answer(asked, check=lambda: None, on_text=pieces.append)
    assert ''.join(pieces) == answer.text
    assert len(pieces) > 10


def test_whether_the_answer_is_wanted_is_asked_before_each_pass(rig: Rig) -> None:
    looks: list[int] = []

    def check() -> None:
        looks.append(rig.engine.cache.passes)
        if len(looks) == 4:
            raise Refusal(Outcome.CANCELED, 'enough')

    asked = rig.asked('put it there', [IMAGE])
    with pytest.raises(Refusal, match='enough'):
        rig.engine.answer(asked, check=check)
    assert looks == [0, 1, 2, 3]
    assert rig.answer(asked).text == rig.text(rig.plain(asked)[0]), 'the next one is answered'


def test_a_prompt_that_leaves_no_room_is_refused_with_the_numbers(rig: Rig) -> None:
    with pytest.raises(Refusal, match=r'the prompt of \d{5} tokens leaves no room for') as caught:
        rig.answer(rig.asked('word ' * 3000, [IMAGE]))
    assert caught.value.outcome is Outcome.MODEL_ERROR
    assert 'context of 4096' in caught.value.message


def test_logits_that_are_no_numbers_are_an_error(rig: Rig) -> None:
    broken, processor = built('idefics3', seed=7)
    broken.get_output_embeddings().weight.data.fill_(float('nan'))
    sick = Rig(json_profile(), broken, processor)
    with pytest.raises(ValueError, match='no numbers'):
        sick.answer(sick.asked('put it there', [IMAGE]))


def test_a_stop_string_ends_a_free_answer() -> None:
    whole = Rig(json_profile(), *built('idefics3'))
    asked = whole.asked('what is it', [IMAGE], Task.ASK)
    text = whole.answer(asked).text
    stop = text[12:15]
    stopped = Rig(json_profile(stop=[stop]), *built('idefics3'))
    assert stopped.answer(asked).text == text[: text.index(stop)]
