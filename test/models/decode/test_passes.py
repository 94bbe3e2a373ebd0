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

"""How many passes answers take, on models that were taught what to say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

torch = pytest.importorskip('torch')

from rig import Rig, json_profile, picture  # noqa: E402
from tiny_models import ARCHITECTURES  # noqa: E402

from vlm_robot.models.answer import Answer  # noqa: E402
from vlm_robot.models.profile import load_profile  # noqa: E402
from vlm_robot.tuning.build import build_model, build_processor  # noqa: E402

pytestmark = pytest.mark.torch

ENOUGH = 4000  # tokens
IMAGE = picture(0)
BASE = 'put the red cube in the blue bowl'


def plan(label: str, relation: str, point: str) -> str:
    pick = f'{{"skill":"pick","point":[{point}],"label":"{label}"}}'
    place = f'{{"skill":"place","relation":"{relation}","point":[98,700],"label":"blue bowl"}}'
    return f'{{"outcome":"ok","steps":[{pick},{place}]}}'


PLANS = {
    BASE: plan('red cube', 'in', '412,133'),
    'put the red cube on the blue bowl': plan('red cube', 'on', '412,133'),
    'put the green cube in the blue bowl': plan('green cube', 'in', '412,133'),
    'put the small red cube in the blue bowl': plan('red cube', 'in', '412,175'),
}


def teach(rig: Rig, answers: Mapping[str, str], **seen: Any) -> None:
    """
    Train a model until it gives these answers about the image.

    :param seen: in the image, instead of its pixels.
    """
    batch = joined([row(rig, words, answer) for words, answer in answers.items()])
    if seen:
        del batch['pixel_values']
    optimiser = torch.optim.AdamW(rig.model.parameters(), lr=5e-3)
    for _ in range(400):
        loss = rig.model(**batch, **seen).loss
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if loss.item() < 0.01:
            break
    rig.model.eval()


def row(rig: Rig, words: str, answer: str) -> dict[str, Any]:
    """Return a prompt with its answer, and what is to be learnt of it."""
    inputs = dict(rig.asked(words, [IMAGE]).inputs)
    said = [*rig.tokenizer.encode(answer, add_special_tokens=False), rig.tokenizer.eos_token_id]
    length = inputs['input_ids'].shape[1]
    for key, value in inputs.items():
        if value.shape == (1, length):
            inputs[key] = torch.nn.functional.pad(value, (0, len(said)))
    inputs['input_ids'][0, length:] = torch.tensor(said)
    inputs['labels'] = inputs['input_ids'].clone()
    inputs['labels'][0, :length] = -100
    del inputs['attention_mask']  # what pads a row comes after all of it
    return inputs


def joined(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return rows as one batch, padded on the right."""
    longest = max(row['input_ids'].shape[1] for row in rows)
    for row in rows:
        length = row['input_ids'].shape[1]
        for key, value in row.items():
            if value.shape == (1, length):
                fill = -100 if key == 'labels' else 0
                row[key] = torch.nn.functional.pad(value, (0, longest - length), value=fill)
    return {key: torch.cat([row[key] for row in rows]) for key in rows[0]}


@pytest.fixture(scope='module')
def taught() -> Rig:
    torch.manual_seed(0)
    profile = json_profile(prompts={'plan': '{instruction}'})
    rig = Rig(profile, *ARCHITECTURES['qwen2_5_vl']())
    teach(rig, PLANS)
    return rig


def says(rig: Rig, words: str) -> Answer:
    """Return the answer, once it is certain that it is the one that was taught."""
    answer = rig.answer(rig.asked(words, [IMAGE]), ENOUGH)
    assert answer.text == PLANS[words]
    return answer


def test_a_two_step_json_plan_takes_half_the_passes_of_plain_decoding(taught: Rig) -> None:
    for words in PLANS:
        taught.restart()
        ids, _ = taught.plain(taught.asked(words, [IMAGE]), ENOUGH)
        assert len(ids) >= 44
        assert says(taught, words).passes <= 24


def test_an_unchanged_plan_takes_no_pass_but_the_prompts_own(taught: Rig) -> None:
    taught.restart()
    says(taught, BASE)
    assert says(taught, BASE).passes == 1
    taught.engine.forget()
    assert says(taught, BASE).passes == 1, 'on a new image, too'


@pytest.mark.parametrize('words', [words for words in PLANS if words != BASE])
def test_one_changed_slot_takes_at_most_two_passes_beside_the_prompts(
    taught: Rig, words: str
) -> None:
    taught.restart()
    says(taught, BASE)
    assert says(taught, words).passes <= 1 + 2


def test_what_was_looked_at_before_is_not_paid_for_again(taught: Rig) -> None:
    taught.restart()
    taught.engine.look(taught.asked('', [IMAGE]))
    passes = taught.engine.cache.passes
    assert says(taught, BASE).passes <= 24
    assert passes == 1


def test_a_compact_plan_takes_few_passes() -> None:
    torch.manual_seed(0)
    processor = build_processor()
    model = build_model(processor, width=40, layers=2, attention='sdpa').eval()
    rig = Rig(load_profile('tabletop'), model, processor)
    asked = rig.asked(BASE, [IMAGE])
    with torch.no_grad():
        objects = model.get_image_features(asked.inputs['pixel_values'])
    (a, b), (c, d) = (model.location_bins(objects)[0, thing].tolist() for thing in (2, 7))
    plan = f'pick <x_{a}> <y_{b}> small red cube ; place in <x_{c}> <y_{d}> large blue bowl'
    teach(rig, {BASE: plan}, objects=objects)
    answer = rig.answer(asked, ENOUGH)
    assert answer.text == plan
    assert len(rig.plain(asked)[0]) == 14
    assert answer.passes <= 10
    assert rig.answer(asked, ENOUGH).passes == 1
