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

"""What is computed once is used again only where that changes nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

torch = pytest.importorskip('torch')

from rig import Rig, chat_profile, picture  # noqa: E402
from tiny_models import built  # noqa: E402

from vlm_robot.models.decode.families import PaliGemma, make_family  # noqa: E402
from vlm_robot.models.decode.family import Family, Memory, Prompt, Traits  # noqa: E402
from vlm_robot.models.decode.prefix import PrefixCache, common_prefix, name_images  # noqa: E402

pytestmark = [
    pytest.mark.torch,
    # of transformers' processor of PaliGemma
    pytest.mark.filterwarnings('ignore:__array__ implementation:DeprecationWarning'),
]

PUT, PICK = 'put the red cube in the blue bowl', 'pick up the mug'
FIRST, SECOND = picture(0), picture(1)


class Counter(Family):
    """Counts what each pass is fed."""

    def __init__(self, family: Family) -> None:
        object.__setattr__(self, 'inner', family)
        object.__setattr__(self, 'fed', [])
        super().__init__(family.model, family.traits)

    def run(self, prompt: Prompt, memory: Memory, tokens, *, start: int, keep: int):  # type: ignore[no-untyped-def]
        self.fed.append(len(tokens))
        return self.inner.run(prompt, memory, tokens, start=start, keep=keep)

    def memory(self, prompt: Prompt, seen=None) -> Memory:  # type: ignore[no-untyped-def]
        return self.inner.memory(prompt, seen)


def counted(name: str) -> tuple[Rig, Counter, PrefixCache]:
    rig = Rig(chat_profile(name), *built(name))
    counter = Counter(rig.family)
    return rig, counter, PrefixCache(counter)


@pytest.mark.parametrize('name', ['qwen2_5_vl', 'idefics3', 'llava_onevision'])
def test_a_second_instruction_on_the_same_image_pays_for_its_own_tokens(name: str) -> None:
    rig, counter, cache = counted(name)
    first, second = (rig.prompt(rig.asked(text, [FIRST])) for text in (PUT, PICK))
    with torch.inference_mode():
        cache.run(first, ())
        _, reused = cache.run(second, ())
        _, anew = PrefixCache(counter).run(second, ())
    shared = common_prefix(first.ids, second.ids)
    assert counter.fed == [len(first.ids), len(second.ids) - shared, len(second.ids)]
    assert shared >= second.image_end
    torch.testing.assert_close(reused[-1], anew[-1], rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize('name', ['qwen2_5_vl', 'qwen3_vl', 'idefics3', 'llava_onevision'])
def test_another_image_is_computed_anew_but_not_the_words_before_it(name: str) -> None:
    rig, counter, cache = counted(name)
    first, second = (rig.prompt(rig.asked(PUT, [image])) for image in (FIRST, SECOND))
    with torch.inference_mode():
        cache.run(first, ())
        _, behind = cache.run(second, ())
        _, anew = PrefixCache(counter).run(second, ())
    assert 0 < second.image_start < second.image_end
    assert counter.fed == [len(first.ids), len(second.ids) - second.image_start, len(second.ids)]
    torch.testing.assert_close(behind[-1], anew[-1], rtol=1e-3, atol=1e-3)


def test_a_model_that_was_not_seen_to_take_images_later_computes_another_image_whole() -> None:
    rig, counter, _ = counted('idefics3')
    object.__setattr__(counter, 'traits', Traits())
    cache = PrefixCache(counter)
    with torch.inference_mode():
        for image in (FIRST, SECOND):
            cache.run(rig.prompt(rig.asked(PUT, [image])), ())
    assert counter.fed[1] == counter.fed[0]


def test_drafts_that_were_right_are_not_computed_again_and_wrong_ones_are_forgotten() -> None:
    rig, counter, cache = counted('idefics3')
    prompt = rig.prompt(rig.asked(PUT, [FIRST]))
    with torch.inference_mode():
        place, rows = cache.run(prompt, [], [300, 301, 302])
        assert (place, len(rows)) == (0, 4)
        place, rows = cache.run(prompt, [300, 301, 309], [308])
        assert (place, len(rows)) == (2 + 1, 2)
        _, anew = PrefixCache(counter).run(prompt, [300, 301, 309, 308])
    assert counter.fed[1] == 2
    torch.testing.assert_close(rows[-1], anew[-1], rtol=1e-3, atol=1e-3)


def test_a_prompt_that_attends_both_ways_shares_no_keys_but_its_image_features() -> None:
    rig, counter, cache = counted('paligemma')
    seen = []
    rig.model.model.vision_tower.register_forward_hook(lambda *_: seen.append(1))
    put, pick = (rig.prompt(rig.asked(text, [FIRST])) for text in (PUT, PICK))
    with torch.inference_mode():
        cache.run(put, ())
        _, rows = cache.run(pick, ())
        assert counter.fed == [len(put.ids), len(pick.ids)]
        assert len(seen) == 1, 'the image is encoded once'
        _, anew = PrefixCache(counter).run(pick, ())
    torch.testing.assert_close(rows[-1], anew[-1], rtol=1e-3, atol=1e-3)


def test_sharing_the_keys_of_such_a_prompt_would_change_the_answer() -> None:
    rig, _, _ = counted('paligemma')
    one_way = PaliGemma(rig.model, Traits(both_ways=False))
    put, pick = (rig.prompt(rig.asked(text, [FIRST])) for text in (PUT, PICK))
    cache = PrefixCache(one_way)
    with torch.inference_mode():
        cache.run(put, ())
        _, shared = cache.run(pick, ())
        _, anew = PrefixCache(one_way).run(pick, ())
    assert not torch.allclose(shared[-1], anew[-1], rtol=1e-2, atol=1e-2)


def test_a_pass_that_fails_leaves_nothing_behind() -> None:
    rig, counter, cache = counted('idefics3')
    prompt = rig.prompt(rig.asked(PUT, [FIRST]))
    with torch.inference_mode():
        cache.run(prompt, ())
        with pytest.raises(IndexError):
            cache.run(prompt, [10**6])
        assert cache.memory_bytes() == 0
        cache.run(prompt, ())
    assert counter.fed == [len(prompt.ids), 1, len(prompt.ids)]
    assert cache.memory_bytes() > 0


def test_a_model_whose_cache_cannot_forget_shares_only_what_goes_on() -> None:
    rig, _, _ = counted('idefics3')
    stateful = Counter(replace(rig.family, traits=Traits(crops=False)))
    cache = PrefixCache(stateful)
    put, pick = (rig.prompt(rig.asked(text, [FIRST])) for text in (PUT, PICK))
    with torch.inference_mode():
        cache.run(put, ())
        cache.run(put, [300])
        cache.run(pick, ())
    assert stateful.fed == [len(put.ids), 1, len(pick.ids)]


def test_images_are_told_apart_by_content_and_shape() -> None:
    again = FIRST.copy()
    assert name_images([FIRST]) == name_images([again])
    again[3, 4, 1] += 1
    turned = FIRST.reshape(90, 60, 3)
    names = {name_images(images) for images in ([FIRST], [again], [turned], [FIRST, FIRST])}
    assert len(names) == 4


def test_the_family_follows_from_what_the_model_says_of_itself() -> None:
    assert type(make_family(built('idefics3')[0])) is Family
    assert make_family(built('paligemma')[0]).traits.both_ways
    assert not make_family(built('qwen3_vl')[0]).traits.both_ways
