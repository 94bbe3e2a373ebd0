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

"""Models in this process: what they are shown, what they answer, and what goes wrong."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

torch = pytest.importorskip('torch')

import transformers  # noqa: E402
from rig import picture  # noqa: E402
from tiny_models import StillQwenProcessor, built, qwen2_5_vl, stir  # noqa: E402
from transformers import AutoConfig, AutoModelForImageTextToText, AutoProcessor  # noqa: E402

from vlm_robot.core.errors import ConfigurationError, MissingPackageError, Refusal  # noqa: E402
from vlm_robot.core.outcome import Outcome  # noqa: E402
from vlm_robot.models.answer import ParseStatus, Request, Task  # noqa: E402
from vlm_robot.models.backends.local import LocalBackend  # noqa: E402
from vlm_robot.models.conventions.plan_json import PlanJsonConvention  # noqa: E402

pytestmark = pytest.mark.torch

PUT, PICK = 'put the red cube in the blue bowl', 'pick up the mug'
IMAGE = picture(0)
LARGE = picture(0, height=120, width=180)

MakeModel = Callable[..., LocalBackend]


class FrugalConfig(transformers.Qwen2_5_VLConfig):
    """Of Qwen2.5-VL on a device with little memory."""

    model_type = 'frugal'


class FrugalModel(transformers.Qwen2_5_VLForConditionalGeneration):
    """Runs out of memory, as PyTorch says it, for images of more than 24 patches."""

    config_class = FrugalConfig

    def forward(self, *args: Any, pixel_values: Any = None, **kwargs: Any) -> Any:
        if pixel_values is not None and len(pixel_values) > 24:
            raise torch.OutOfMemoryError('CUDA out of memory. Tried to allocate 2.00 GiB.')
        return super().forward(*args, pixel_values=pixel_values, **kwargs)


AutoConfig.register('frugal', FrugalConfig, exist_ok=True)
AutoModelForImageTextToText.register(FrugalConfig, FrugalModel, exist_ok=True)
AutoProcessor.register(FrugalConfig, StillQwenProcessor, exist_ok=True)


@pytest.fixture(scope='module')
def idefics3(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint."""
    folder = tmp_path_factory.mktemp('idefics3')
    for part in built('idefics3'):
        part.save_pretrained(folder)
    return folder


@pytest.fixture(scope='module')
def frugal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of a model that needs little memory, or fails."""
    folder = tmp_path_factory.mktemp('frugal')
    model, processor = qwen2_5_vl()
    config = model.config.to_dict() | {'model_type': 'frugal', 'architectures': ['FrugalModel']}
    torch.manual_seed(0)
    own = FrugalModel(FrugalConfig(**config))
    stir(own)
    own.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


@pytest.fixture
def make(tmp_path: Path) -> Iterator[MakeModel]:
    """Return what loads a checkpoint with a profile of its own."""
    loaded: list[LocalBackend] = []

    def make(source: Path, **values: object) -> LocalBackend:
        own: dict[str, object] = {'plan': 'plan_json', 'point': 'json_points'}
        path = tmp_path / 'mine.yaml'
        path.write_text(yaml.safe_dump(own | {'source': str(source)} | values), encoding='utf-8')
        loaded.append(LocalBackend(str(path), 'cpu'))
        return loaded[-1]

    yield make
    for backend in loaded:
        backend.close()


def test_a_plan_is_valid_streams_and_counts_its_passes(make: MakeModel, idefics3: Path) -> None:
    backend, pieces = make(idefics3), []
    answer = backend.answer(Request(PUT, (IMAGE,)), on_text=pieces.append)
    assert answer.size is not None
    parsed = PlanJsonConvention(backend.profile.units).parse(answer.text, answer.size)
    assert parsed.status in (ParseStatus.OK, ParseStatus.NONE)
    assert ''.join(pieces) == answer.text
    assert 0 < answer.passes < len(answer.tokens)
    assert list(answer.timings_s) == ['preprocess', 'prefill', 'decode']


def test_a_look_beforehand_changes_no_answer_and_no_image_breaks_it(
    make: MakeModel, idefics3: Path
) -> None:
    backend = make(idefics3)
    answer = backend.answer(Request(PUT, (IMAGE,)))
    looking = make(idefics3)
    for images in ([], [np.zeros((0, 4, 3), np.uint8)], [LARGE], [IMAGE]):
        looking.look(images)
    assert looking.answer(Request(PUT, (IMAGE,))).text == answer.text


def test_several_images_are_seen_and_the_first_ones_size_is_told(
    make: MakeModel, idefics3: Path
) -> None:
    backend = make(idefics3)
    both = backend.answer(Request(PUT, (IMAGE, LARGE)))
    assert both.size is not None
    assert (both.size.width, both.size.height) == (90, 60)
    assert both.tokens != backend.answer(Request(PUT, (IMAGE,))).tokens


def test_a_large_image_is_made_smaller_and_the_answer_says_what_was_seen(
    make: MakeModel, idefics3: Path
) -> None:
    answer = make(idefics3, max_pixels=5400).answer(Request(PUT, (LARGE,)))
    assert answer.size is not None
    assert (answer.size.width, answer.size.height) == (180, 120)
    assert answer.size.seen == (90, 60)


def test_a_processors_own_patches_say_what_was_seen(make: MakeModel, frugal: Path) -> None:
    answer = make(frugal).answer(Request(PUT, (IMAGE,)))
    assert answer.size is not None
    assert answer.size.seen == (84, 56)


def test_out_of_memory_the_image_is_shown_at_half_its_side(make: MakeModel, frugal: Path) -> None:
    answer = make(frugal).answer(Request(PUT, (LARGE,)))
    assert answer.size is not None
    assert answer.size.seen == (84, 56)
    assert (answer.size.width, answer.size.height) == (180, 120)


def test_out_of_memory_again_the_refusal_says_what_to_set(make: MakeModel, frugal: Path) -> None:
    backend = make(frugal)
    with pytest.raises(Refusal, match=r'set max_pixels in its profile below 19200') as caught:
        backend.answer(Request(PUT, (picture(0, height=240, width=320),)))
    assert caught.value.outcome is Outcome.MODEL_ERROR
    assert backend.answer(Request(PUT, (IMAGE,))).text, 'the next request is answered'


def test_a_question_is_answered_freely_up_to_the_profiles_limit(
    make: MakeModel, idefics3: Path
) -> None:
    answer = make(idefics3, max_new_tokens=5).answer(Request('what?', (IMAGE,), Task.ASK))
    assert 0 < len(answer.tokens) <= 5
    assert not answer.text.startswith('{"outcome"')


def test_a_prompt_longer_than_the_context_is_refused(make: MakeModel, idefics3: Path) -> None:
    with pytest.raises(Refusal, match='leaves no room') as caught:
        make(idefics3).answer(Request('cube ' * 4000, (IMAGE,)))
    assert caught.value.outcome is Outcome.MODEL_ERROR


def test_what_a_processor_refuses_is_a_model_error(make: MakeModel, frugal: Path) -> None:
    backend = make(frugal)
    with pytest.raises(Refusal, match=r'failed: .*aspect ratio') as caught:
        backend.answer(Request(PUT, (np.zeros((2, 900, 3), np.uint8),)))
    assert caught.value.outcome is Outcome.MODEL_ERROR


@pytest.mark.filterwarnings('ignore:.*gradient_checkpointing:FutureWarning')  # in peft
def test_an_adapter_is_merged_into_the_weights(
    make: MakeModel, idefics3: Path, tmp_path: Path
) -> None:
    peft = pytest.importorskip('peft')
    plain = make(idefics3).answer(Request(PUT, (IMAGE,)))
    model = AutoModelForImageTextToText.from_pretrained(idefics3)
    config = peft.LoraConfig(r=4, target_modules=['q_proj', 'v_proj'], init_lora_weights=False)
    torch.manual_seed(3)
    peft.get_peft_model(model, config).save_pretrained(tmp_path / 'adapter')
    adapted = make(idefics3, adapter=str(tmp_path / 'adapter')).answer(Request(PUT, (IMAGE,)))
    assert adapted.tokens != plain.tokens


def test_an_adapter_that_is_missing_is_named(make: MakeModel, idefics3: Path) -> None:
    pytest.importorskip('peft')
    with pytest.raises(ConfigurationError, match="'/nowhere/adapter' does not exist"):
        make(idefics3, adapter='/nowhere/adapter')


@pytest.mark.skipif(bool(find_spec('torchvision')), reason='what is needed is there')
def test_a_package_that_a_processor_needs_is_named(
    make: MakeModel, frugal: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(frugal, tmp_path / 'qwen'))
    for name in ('config.json', 'processor_config.json'):
        path = folder / name
        text = path.read_text(encoding='utf-8')
        text = text.replace('"frugal"', '"qwen2_5_vl"').replace('StillQwen', 'Qwen2_5_VL')
        path.write_text(text, encoding='utf-8')
    videos = folder / 'video_preprocessor_config.json'
    videos.write_text('{"video_processor_type": "Qwen2VLVideoProcessor"}', encoding='utf-8')
    with pytest.raises(MissingPackageError, match="'torchvision' is not installed"):
        make(folder)


def test_four_bits_need_a_cuda_device(make: MakeModel, idefics3: Path) -> None:
    with pytest.raises(ConfigurationError, match="'4bit' needs a CUDA device, not 'cpu'"):
        make(idefics3, quantisation='4bit')


def test_a_model_that_loads_but_cannot_answer_is_refused(
    make: MakeModel, checkpoint: Path
) -> None:
    with pytest.raises(ConfigurationError, match=r"model 'mine' cannot answer: .*chat"):
        make(checkpoint, plan='tabletop', point='')


def test_memory_is_that_of_weights_and_cache(make: MakeModel, idefics3: Path) -> None:
    backend = make(idefics3)
    weights = backend.memory_bytes()
    saved = sum(file.stat().st_size for file in idefics3.glob('*.safetensors'))
    assert weights == pytest.approx(saved, rel=0.2)
    backend.answer(Request(PICK, (IMAGE,)))
    assert backend.memory_bytes() > weights
