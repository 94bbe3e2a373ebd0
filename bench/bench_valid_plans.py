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

"""
Counts invalid plans among those of models with random weights, decoded under the plan grammars.

Half of the plans come in the embedded model's syntax from its own architecture, half as JSON from
a small Llama. Weights are drawn anew for each plan, so that each is another model's.

    python bench/bench_valid_plans.py --plans 10000
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator

import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from torch import Tensor, nn
from tqdm import tqdm
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from vlm_robot.core.outcome import Outcome
from vlm_robot.models.answer import ImageSize, ParseStatus, Task
from vlm_robot.models.conventions.registry import make_convention
from vlm_robot.models.decode.engine import Asked, Engine
from vlm_robot.models.decode.prefix import name_images
from vlm_robot.models.decode.template import Template
from vlm_robot.models.profile import Profile, load_profile
from vlm_robot.models.prompts import make_prompt
from vlm_robot.models.reading import to_plan
from vlm_robot.models.tabletop.processor import TabletopProcessor
from vlm_robot.tuning.build import build_model, build_processor

SIZE = ImageSize(640, 480)
INSTRUCTION = 'put the red cube in the blue bowl'


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--plans', type=int, default=1_000)
    parser.add_argument('--seed', type=int, default=0)
    args = parser.parse_args()
    torch.set_num_threads(1)
    print(f'{args.plans} plans of models with random weights, seed {args.seed}')
    print('| syntax | plans | invalid | outcomes | tokens, mean | tokens, most | s |')
    print('|---|---|---|---|---|---|---|')
    invalid = 0
    for make in (compact, as_json):
        invalid += measure(*make(), plans=args.plans // 2, seed=args.seed)
    print(f'invalid: {invalid}')
    sys.exit(1 if invalid else 0)


def compact() -> tuple[Profile, nn.Module, Engine, Asked]:
    """Return a model that plans in the embedded model's syntax, and what it is asked."""
    profile = load_profile('tabletop')
    processor = TabletopProcessor(build_processor().tokenizer, (48, 64))
    model = build_model(processor, width=20, layers=1, attention='sdpa').eval()
    image = np.random.default_rng(0).integers(0, 255, (48, 64, 3), dtype=np.uint8)
    inputs = Template(profile, processor).inputs(Task.PLAN, INSTRUCTION, [image])
    engine = Engine(profile, model, processor.tokenizer)
    return profile, model, engine, asked(inputs, name_images([image]))


def as_json() -> tuple[Profile, nn.Module, Engine, Asked]:
    """Return a model that plans as JSON, and what it is asked."""
    profile = Profile(name='json', source='', plan='plan_json', point='json_points')
    prompt = make_prompt(profile, Task.PLAN, INSTRUCTION)
    tokenizer = trained_tokenizer(prompt.system)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=4096,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=None,
        pad_token_id=None,
    )
    model = LlamaForCausalLM(config).eval()
    ids = tokenizer(prompt.user, return_tensors='pt')['input_ids']
    return profile, model, Engine(profile, model, tokenizer), asked({'input_ids': ids}, b'')


def asked(inputs: dict[str, Tensor], images: bytes) -> Asked:
    return Asked(Task.PLAN, INSTRUCTION, inputs, images, SIZE)


def trained_tokenizer(text: str) -> PreTrainedTokenizerFast:
    """Return a byte-level tokenizer that knows the words of a text."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=450,
        special_tokens=['</s>'],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([text], trainer)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token='</s>')


def measure(
    profile: Profile, model: nn.Module, engine: Engine, question: Asked, *, plans: int, seed: int
) -> int:
    """Print a row of the table and return the number of invalid plans."""
    convention = make_convention(profile.plan, profile.units)
    outcomes: Counter[str] = Counter()
    lengths, invalid, start = [], 0, time.perf_counter()
    for _ in tqdm(drawn(model, plans, seed), total=plans, desc=profile.plan, file=sys.stderr):
        engine.forget()
        answer = engine.answer(question, check=lambda: None)
        parsed = convention.parse(answer.text, SIZE)
        outcome = to_plan(INSTRUCTION, parsed, answer).outcome
        wrong = parsed.status in (ParseStatus.MALFORMED, ParseStatus.PARTIAL)
        if wrong or outcome is Outcome.INVALID_ANSWER:
            invalid += 1
            print(f'invalid: {answer.text!r}: {parsed.reason}', file=sys.stderr)
        outcomes[outcome.name] += 1
        lengths.append(len(answer.tokens))
    told = ', '.join(f'{name} {count}' for name, count in outcomes.most_common())
    seconds = time.perf_counter() - start
    print(
        f'| {profile.plan} | {plans} | {invalid} | {told} | {np.mean(lengths):.0f} '
        f'| {max(lengths)} | {seconds:.0f} |'
    )
    return invalid


def drawn(model: nn.Module, count: int, seed: int) -> Iterator[int]:
    """Draw the weights of a model again and again, as sharp in its choices as chance has it."""
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    for index in range(count):
        sharpness = float(rng.uniform(0.2, 3.0))
        with torch.no_grad():
            for weight in model.parameters():
                if weight.dim() > 1:
                    weight.normal_(std=sharpness * weight[0].numel() ** -0.5)
        yield index


if __name__ == '__main__':
    main()
