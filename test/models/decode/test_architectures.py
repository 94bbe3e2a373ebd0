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

"""On real architectures, every way of decoding gives the same tokens."""

from __future__ import annotations

import pytest

torch = pytest.importorskip('torch')

from rig import LIMIT, Rig, chat_profile, picture  # noqa: E402
from tiny_models import ARCHITECTURES, built, stir  # noqa: E402

from vlm_robot.models.answer import Task  # noqa: E402
from vlm_robot.models.profile import Profile, load_profile  # noqa: E402

pytestmark = [
    pytest.mark.torch,
    # of transformers' processor of PaliGemma
    pytest.mark.filterwarnings('ignore:__array__ implementation:DeprecationWarning'),
]

PUT, PICK = 'put the red cube in the blue bowl', 'pick up the mug'
FIRST, SECOND = picture(0), picture(1, height=50, width=120)


def rig(name: str) -> Rig:
    if name != 'tabletop':
        return Rig(chat_profile(name), *built(name))
    from vlm_robot.tuning.build import build_model, build_processor

    processor = build_processor()
    torch.manual_seed(1)
    model = build_model(processor, width=20, layers=2, attention='sdpa').eval()
    stir(model)
    return Rig(load_profile('tabletop'), model, processor)


@pytest.fixture(scope='module', params=[*ARCHITECTURES, 'tabletop'])
def rigged(request: pytest.FixtureRequest) -> Rig:
    return rig(request.param)


@pytest.fixture
def fresh(rigged: Rig) -> Rig:
    rigged.restart()
    return rigged


@pytest.mark.parametrize('task', [Task.PLAN, Task.ASK])
def test_an_answer_is_that_of_plain_decoding_and_of_generate(fresh: Rig, task: Task) -> None:
    for text in (PUT, PICK):
        asked = fresh.asked(text, [FIRST], task)
        answer = fresh.answer(asked)
        ids, probabilities = fresh.plain(asked)
        assert ids == fresh.generated(asked)
        assert answer.text == fresh.text(ids)
        found = [token.probability for token in answer.tokens]
        assert found == pytest.approx(probabilities, abs=1e-3)


def test_caches_and_drafts_of_earlier_answers_change_no_token(fresh: Rig) -> None:
    asks = [(PUT, FIRST), (PICK, FIRST), (PUT, FIRST), (PUT, SECOND), (PICK, SECOND), (PUT, FIRST)]
    passes = []
    for text, image in asks:
        asked = fresh.asked(text, [image])
        answer = fresh.answer(asked)
        assert answer.text == fresh.text(fresh.plain(asked)[0]), (text, passes)
        passes.append(answer.passes)
    assert passes[2] == 1, 'an unchanged answer is verified in the pass of its prompt'


def test_what_was_looked_at_before_changes_no_token(fresh: Rig) -> None:
    fresh.engine.look(fresh.asked('', [FIRST]))
    for image in (FIRST, SECOND):
        asked = fresh.asked(PUT, [image])
        assert fresh.answer(asked).text == fresh.text(fresh.plain(asked)[0])


def test_answers_depend_on_the_image_and_on_the_instruction(fresh: Rig) -> None:
    tasks = (Task.PLAN, Task.ASK)
    said = {fresh.answer(fresh.asked(PUT, [FIRST], task)).text for task in tasks}
    for text, image in ((PUT, SECOND), (PICK, FIRST)):
        other = {fresh.answer(fresh.asked(text, [image], task)).text for task in tasks}
        assert other != said, 'equal answers prove nothing about caches'


@pytest.mark.parametrize('name', ['qwen2_5_vl', 'idefics3', 'llava_onevision'])
def test_several_images_are_seen_in_their_order(name: str) -> None:
    several = rig(name)
    asked = several.asked(PUT, [FIRST, SECOND])
    answer = several.answer(asked)
    assert answer.text == several.text(several.generated(asked))
    turned = several.answer(several.asked(PUT, [SECOND, FIRST]))
    assert turned.tokens != answer.tokens


def test_a_model_that_reads_with_an_encoder_gives_the_same_tokens() -> None:
    prompts = {Task.POINT: '{instruction}'}
    profile = Profile(
        name='florence2', source='nowhere', point='florence2', chat=False, prompts=prompts
    )
    encoding = Rig(profile, *built('florence2'))
    said = set()
    for text, image in (('mug', FIRST), ('blue bowl', FIRST), ('mug', SECOND), ('mug', FIRST)):
        asked = encoding.asked(text, [image], Task.POINT)
        answer = encoding.answer(asked)
        with torch.inference_mode():
            ids = encoding.model.generate(
                **asked.inputs, max_new_tokens=LIMIT, do_sample=False, num_beams=1
            )
        assert answer.text == encoding.text(ids[0].tolist())
        said.add(answer.text)
    assert len(said) == 3


@pytest.mark.parametrize('name', ['qwen2_5_vl', 'idefics3', 'paligemma'])
def test_a_cache_of_fixed_size_changes_no_token(name: str) -> None:
    fixed = Rig(chat_profile(name), *built(name), static=True)
    for text, image in ((PUT, FIRST), (PICK, FIRST), (PICK, SECOND)):
        asked = fixed.asked(text, [image])
        assert fixed.answer(asked).text == fixed.text(fixed.plain(asked)[0])
