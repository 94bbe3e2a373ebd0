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

"""Whatever a model prefers, a plan under a grammar is valid, and all that is valid can be said."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip('torch')

from rig import json_profile
from tiny_tokenizer import tiny_tokenizer

from vlm_robot.core.errors import ConfigurationError
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.skills import CATALOGUE
from vlm_robot.core.values import Plan
from vlm_robot.models.answer import Answer, ImageSize, Parsed, ParseStatus
from vlm_robot.models.conventions.registry import make_convention
from vlm_robot.models.conventions.tabletop import TabletopConvention
from vlm_robot.models.decode.grammar import Grammar, Grammars, make_grammars
from vlm_robot.models.profile import Profile, load_profile
from vlm_robot.models.reading import to_plan
from vlm_robot.models.tabletop.processor import build_tokenizer
from vlm_robot.models.units import Units
from vlm_robot.sim.scene import sample_scene
from vlm_robot.tuning.build import build_processor
from vlm_robot.tuning.facts import facts_of_scene
from vlm_robot.tuning.instructions import Instructor

pytestmark = pytest.mark.torch

SIZE = ImageSize(640, 480, 644, 476)
ROOM = 4000
JSON = {
    'thousandths': json_profile(),
    'pixels, y first': json_profile(units=Units(scale='seen', first='y')),
    'shares': json_profile(units=Units(divisor=1)),
    'without points': json_profile(point='', grounder='other'),
}


def grammars(profile: Profile, tokenizer) -> Grammars:  # type: ignore[no-untyped-def]
    made = make_grammars(profile, tokenizer, vocabulary=len(tokenizer), end=tokenizer.eos_token_id)
    assert made is not None
    return made


def says(grammar: Grammar, tokenizer, seed: int) -> tuple[str, int]:  # type: ignore[no-untyped-def]
    """Return an answer of a model with tastes of its own, and the number of its tokens."""
    rng = np.random.default_rng(seed)
    tastes = rng.normal(scale=2, size=len(tokenizer) + 64)
    moods = seed % 4  # with none, the model falls into loops
    rules, said = grammar.rules(), []
    while not said or said[-1] != tokenizer.eos_token_id:
        allowed = rules.allowed()
        wishes = tastes[allowed] + moods * rng.normal(size=len(allowed))
        said.append(int(allowed[np.argmax(wishes)]))
        rules.take(said[-1])
    return tokenizer.decode(said[:-1]), len(said)


def check(text: str, parsed: Parsed) -> Outcome:
    """Check that an answer is a plan or a refusal that can be acted on."""
    assert parsed.status not in (ParseStatus.MALFORMED, ParseStatus.PARTIAL), (text, parsed)
    plan = to_plan('', parsed, Answer(text))
    assert plan.outcome is not Outcome.INVALID_ANSWER, (text, plan)
    check_hand(plan)
    return plan.outcome


def check_hand(plan: Plan) -> None:
    specs = {spec.skill: spec for spec in CATALOGUE.values()}
    holding = False
    for step in plan.steps:
        assert specs[step.skill].needs_held is holding
        holding = step.skill.name == 'PICK'


@pytest.mark.parametrize('kind', JSON)
def test_json_plans_are_valid_whatever_a_model_prefers(kind: str) -> None:
    profile, tokenizer = JSON[kind], tiny_tokenizer()
    grammar = grammars(profile, tokenizer).fitting(SIZE, ROOM)
    assert grammar is not None
    convention = make_convention(profile.plan, profile.units)
    outcomes = set()
    for seed in range(60):
        text, length = says(grammar, tokenizer, seed)
        outcomes.add(check(text, convention.parse(text, SIZE)))
        assert length <= grammar.longest
    assert outcomes >= {
        Outcome.OK, Outcome.NOT_FOUND, Outcome.AMBIGUOUS, Outcome.UNSUPPORTED
    }  # fmt: skip


def test_compact_plans_are_valid_whatever_a_model_prefers() -> None:
    tokenizer = build_processor().tokenizer
    grammar = grammars(load_profile('tabletop'), tokenizer).fitting(SIZE, ROOM)
    assert grammar is not None
    outcomes = set()
    for seed in range(200):
        text, length = says(grammar, tokenizer, seed)
        outcomes.add(check(text, TabletopConvention().parse(text, SIZE)))
        assert length <= grammar.longest
    assert outcomes >= {
        Outcome.OK, Outcome.NOT_FOUND, Outcome.AMBIGUOUS, Outcome.UNSUPPORTED
    }  # fmt: skip


@pytest.mark.parametrize('room', [62, 75, 110])
def test_a_plan_ends_within_the_room_that_there_is(room: int) -> None:
    tokenizer = build_processor().tokenizer
    grammar = grammars(load_profile('tabletop'), tokenizer).fitting(SIZE, room)
    assert grammar is not None
    assert max(says(grammar, tokenizer, seed)[1] for seed in range(40)) <= room


def test_there_is_no_grammar_where_not_even_one_step_fits() -> None:
    made = grammars(load_profile('tabletop'), build_processor().tokenizer)
    assert made.fitting(SIZE, 20) is None


def accepts(grammar: Grammar, tokenizer, text: str) -> bool:  # type: ignore[no-untyped-def]
    ids = [*tokenizer.encode(text, add_special_tokens=False), tokenizer.eos_token_id]
    return grammar.rules().accepts(ids) == len(ids)


def test_every_answer_of_the_training_can_be_said() -> None:
    tokenizer = build_processor().tokenizer
    grammar = grammars(load_profile('tabletop'), tokenizer).fitting(SIZE, ROOM)
    assert grammar is not None
    forms = set()
    for seed in range(12):
        facts = facts_of_scene(sample_scene(seed))
        points = {t.index: (10 * t.index, 200 - 10 * t.index) for t in facts.things}
        instructor = Instructor(facts, points, np.random.default_rng(seed))
        for turn in filter(None, (instructor.turn() for _ in range(80))):
            forms.add(turn.form)
            assert accepts(grammar, tokenizer, turn.answer), turn
    assert {'ambiguous', 'absent', 'relation', 'compound', 'count', 'unsupported'} <= forms


PLACE = (
    '{"outcome":"ok","steps":[{"skill":"pick","point":[1,2],"label":"c"},'
    '{"skill":"place","relation":"between","point":[1,2],"label":"a"REST}]}'
)


@pytest.mark.parametrize(
    ('text', 'is_plan'),
    [
        ('{"outcome":"ok","steps":[{"skill":"pick","point":[1000,0],"label":"mug"}]}', True),
        (
            '{"outcome":"ok","steps":[{"skill":"pick","point":[1,2],"label":"rote Schüssel"}]}',
            True,
        ),
        ('{"outcome":"ok","steps":[{"skill":"pick","point":[1001,0],"label":"mug"}]}', False),
        ('{"outcome":"ok","steps":[{"skill":"pick","point":[01,0],"label":"mug"}]}', False),
        ('{"outcome":"ok","steps":[{"skill":"pick","point":[1,0],"label":""}]}', False),
        ('{"outcome":"ok","steps":[{"skill":"pick","point":[1,0],"label":"m\\u0075g"}]}', False),
        ('{"outcome":"ok","steps":[{"skill":"pick","point":[1,0],"label":"a"},', False),
        ('{"outcome":"ok","steps":[]}', False),
        ('{"outcome":"ambiguous","candidates":[{"point":[1,2],"label":"mug"}]}', False),
        ('{"outcome":"not_found","label":"' + 40 * 'm' + '"}', True),
        ('{"outcome":"not_found","label":"' + 41 * 'm' + '"}', False),
        ('{"outcome": "unsupported"}', False),
        (PLACE.replace('REST', ''), False),
        (PLACE.replace('REST', ',"other":{"point":[3,4],"label":"b"}'), True),
        (PLACE.replace('between', 'left_of').replace('REST', ''), True),
        (PLACE.replace('between', 'in').replace('REST', ',"other":{"label":"b"}'), False),
    ],
)
def test_the_grammar_of_json_plans_takes_these(text: str, is_plan: bool) -> None:
    tokenizer = tiny_tokenizer()
    grammar = grammars(json_profile(), tokenizer).fitting(SIZE, ROOM)
    assert grammar is not None
    assert accepts(grammar, tokenizer, text) is is_plan


def test_relations_that_a_model_does_not_know_are_not_in_its_grammar() -> None:
    tokenizer = tiny_tokenizer()
    profile = json_profile(relations=['in', 'left_of'])
    grammar = grammars(profile, tokenizer).fitting(SIZE, ROOM)
    assert grammar is not None
    for relation, known in (('in', True), ('left_of', True), ('on', False)):
        text = PLACE.replace('between', relation).replace('REST', '')
        assert accepts(grammar, tokenizer, text) is known
    two = PLACE.replace('REST', ',"other":{"point":[3,4],"label":"b"}')
    assert not accepts(grammar, tokenizer, two)


def test_what_needs_something_held_comes_after_a_pick_and_nothing_else_does() -> None:
    tokenizer = tiny_tokenizer()
    grammar = grammars(json_profile(), tokenizer).fitting(SIZE, ROOM)
    assert grammar is not None
    pick = '{"skill":"pick","point":[1,2],"label":"a"}'
    place = '{"skill":"place","relation":"in","point":[1,2],"label":"a"}'
    push = '{"skill":"push","direction":"left","point":[1,2],"label":"a"}'
    for steps, allowed in (
        ([pick], True), ([pick, place], True), ([push, pick, place, push], True),
        ([place], False), ([pick, pick], False), ([pick, push], False), ([push, place], False),
        ([push] * 8, True), ([push] * 9, False),
    ):  # fmt: skip
        text = f'{{"outcome":"ok","steps":[{",".join(steps)}]}}'
        assert accepts(grammar, tokenizer, text) is allowed, text


def test_no_candidate_is_listed_twice() -> None:
    tokenizer = tiny_tokenizer()
    grammar = grammars(json_profile(units=Units(divisor=1000)), tokenizer).fitting(SIZE, ROOM)
    assert grammar is not None
    rules = grammar.rules()
    listed = '{"outcome":"ambiguous","candidates":[{"point":[5,99],"label":"a"},{"point":[5,99'
    for token in tokenizer.encode(listed, add_special_tokens=False):
        assert token in rules.allowed()
        rules.take(token)
    texts = {tokenizer.decode([token])[0] for token in rules.allowed()}
    assert texts == set('0123456789'), 'the number goes on: [5,99] is there already'


def test_a_tokenizer_that_lacks_a_word_of_the_plans_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"'tabletop' lacks the word 'missing'"):
        grammars(load_profile('tabletop'), build_tokenizer(['pick'], location_bins=256))


def test_a_tokenizer_without_bytes_cannot_write_json() -> None:
    with pytest.raises(ConfigurationError, match=r"no grammar fits the tokenizer of 'json'"):
        grammars(json_profile(), build_tokenizer(['pick'], location_bins=256))


def test_other_syntaxes_have_no_grammar() -> None:
    profile = Profile(name='pointing', source='nowhere', point='molmo')
    assert make_grammars(profile, tiny_tokenizer(), vocabulary=800, end=2) is None
