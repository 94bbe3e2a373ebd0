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

"""The embedded model's architecture, with random weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip('torch')

from transformers import AutoModelForImageTextToText, AutoProcessor  # noqa: E402

from vlm_robot.models.tabletop import (  # noqa: E402
    TabletopForConditionalGeneration,
    TabletopProcessor,
)
from vlm_robot.models.tabletop.pointing import PointingHead  # noqa: E402
from vlm_robot.tuning.build import build_model, build_processor  # noqa: E402
from vlm_robot.tuning.turns import prompt_ids  # noqa: E402

pytestmark = pytest.mark.torch

IMAGE = np.random.default_rng(0).integers(0, 255, (480, 640, 3), dtype=np.uint8)


@pytest.fixture(scope='module')
def processor() -> TabletopProcessor:
    return build_processor()


@pytest.fixture(scope='module')
def model(processor: TabletopProcessor) -> TabletopForConditionalGeneration:
    torch.manual_seed(1)
    model = build_model(processor).eval()
    # spread the logits, so that greedy decoding has something to choose
    torch.nn.init.normal_(model.head.words.weight, std=0.5)
    return model


def inputs(processor: TabletopProcessor, text: str) -> dict[str, torch.Tensor]:
    return dict(processor(images=[IMAGE], text=[processor.prompt(text)]))


def test_a_cached_pass_gives_the_same_logits_as_an_uncached_one(processor, model) -> None:
    batch = inputs(processor, 'pick up the red cube')
    words = [processor.tokenizer.convert_tokens_to_ids(w) for w in ('pick', '<x_3>', '<y_9>')]
    ids = torch.cat((batch['input_ids'], torch.tensor([words])), dim=1)
    head = batch['input_ids'].shape[1]
    pixels = batch['pixel_values']
    with torch.inference_mode():
        whole = model(input_ids=ids, pixel_values=pixels).logits
        first = model(input_ids=ids[:, :head], pixel_values=pixels, use_cache=True)
        rest = model(
            input_ids=ids[:, head:], objects=first.objects, past_key_values=first.past_key_values
        )
    torch.testing.assert_close(rest.logits, whole[:, head:], rtol=1e-4, atol=1e-4)


def test_generate_equals_greedy_decoding_without_a_cache_token_for_token(processor, model) -> None:
    batch = inputs(processor, 'put the small ball in the bowl')
    with torch.inference_mode():
        generated = model.generate(**batch, max_new_tokens=12, do_sample=False)[0]
        ids = batch['input_ids']
        objects = model.get_image_features(batch['pixel_values'])
        for _ in range(12):
            best = model(input_ids=ids, objects=objects).logits[:, -1].argmax(-1)
            ids = torch.cat((ids, best[:, None]), dim=1)
            if best.item() == model.config.eos_token_id:
                break
    assert generated.tolist() == ids[0].tolist()


def test_a_saved_model_loads_through_the_auto_classes_and_answers_alike(
    processor, model, tmp_path: Path
) -> None:
    model.save_pretrained(tmp_path)
    processor.save_pretrained(tmp_path)
    loaded = AutoModelForImageTextToText.from_pretrained(tmp_path, attn_implementation='sdpa')
    again = AutoProcessor.from_pretrained(tmp_path)
    assert isinstance(loaded, TabletopForConditionalGeneration)
    assert isinstance(again, TabletopProcessor)
    batch = inputs(processor, 'push the mug left')
    torch.testing.assert_close(inputs(again, 'push the mug left'), batch)
    with torch.inference_mode():
        torch.testing.assert_close(
            loaded.eval()(**batch).logits, model(**batch).logits, rtol=1e-3, atol=1e-3
        )


def test_location_tokens_share_the_probability_that_the_pointer_gives_to_objects(
    processor, model
) -> None:
    head: PointingHead = model.head
    width = model.config.text_config.hidden_size
    bins = torch.tensor([[[10, 20], [10, 40], [200, 7]]])
    tokens, hidden = torch.randn(1, 3, width), torch.randn(1, 1, width)
    first = model.config.first_location
    plain = head(hidden, tokens, bins, torch.tensor([[0]]))
    x = (plain[0, 0, first : first + 256] - head.words(hidden)[0, 0, first]).exp()
    assert x.sum().item() == pytest.approx(1, abs=1e-4)
    assert set(x.topk(2).indices.tolist()) == {10, 200}
    after_x = head(hidden, tokens, bins, torch.tensor([[first + 10]]))
    y = (after_x[0, 0, first + 256 :] - head.words(hidden)[0, 0, first + 1]).exp()
    assert set(y.topk(2).indices.tolist()) == {20, 40}, 'only objects at that x can be meant'
    assert y[7].item() < 1e-6


def test_words_that_the_model_does_not_know_become_unknown_tokens(processor) -> None:
    unknown = processor.tokenizer.unk_token_id
    assert unknown in processor.tokenizer('pick up the dragon')['input_ids']
    assert unknown not in processor.tokenizer('pick up the cube')['input_ids']


def test_capitals_and_punctuation_make_no_unknown_tokens(processor) -> None:
    typed = processor(text='<s><image>Pick up the red cube, then: how many balls?<answer>')
    plain = processor(text='<s> <image> pick up the red cube , then how many balls <answer>')
    assert typed['input_ids'].tolist() == plain['input_ids'].tolist()
    assert processor.tokenizer.unk_token_id not in typed['input_ids']


def test_a_prompt_has_the_tokens_that_the_model_was_trained_on(processor) -> None:
    asked = inputs(processor, 'put the small ball in the bowl')['input_ids'][0].tolist()
    assert asked == prompt_ids(processor, 'put the small ball in the bowl')


def test_forward_without_an_image_says_what_it_needs(model) -> None:
    with pytest.raises(ValueError, match='expected an image'):
        model(input_ids=torch.tensor([[1, 2]]))
