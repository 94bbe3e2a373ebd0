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
What of a model's text is its answer.

Everything else becomes spaces, so that places in what is left are places in the raw text.
"""

from __future__ import annotations

import json
import re

Span = tuple[int, int]

_THOUGHT = re.compile(r'<(/?)(?:think|thinking|thought|reasoning)>', re.IGNORECASE)
_ANSWER = re.compile(r'<(/?)answer>', re.IGNORECASE)
_FINAL = re.compile(
    r'^[ \t*#>-]{0,8}(?:the )?(?:final )?answer(?: is)?[ \t*]{0,4}:', re.IGNORECASE | re.MULTILINE
)
_FENCE = re.compile(r'```+[ \t]*(?:json|xml|html|python|text|markdown)?', re.IGNORECASE)
_DIGIT = re.compile(r'\d')
_MARK = re.compile(
    r'<(?:/?s|eos|bos|pad|unk|image|end_of_turn|start_of_turn|end_of_utterance)>'
    r'|<\|(?:im_start|im_end|endoftext|end|eot_id|eot|assistant|user|grounding)\|>'
    r'|<[｜|](?:begin|end)▁of▁sentence[｜|]>',
    re.IGNORECASE,
)
_NOTHING = re.compile(
    r"""
    ^\W*(?:none|nothing|null|no|n/a|not[ ]found|none[ ](?:found|detected|visible))\W*$
    | \bthere(?:[ ](?:is|are|was|were)|'s)[ ](?:none|no|not|nothing)\b
    | \bthere[ ](?:is|are|was|were)n't\b
    | \bno[ ](?:such[ ])?(?:objects?|things?|items?|instances?|match(?:es)?|targets?|points?)\b
    | \bno[ ](?:[\w'-]+[ ]){1,6}?
      (?:found|detected|visible|present|seen|shown|located|in[ ](?:the|this|view))\b
    | \b(?:(?:is|are|was|were|be)(?:[ ]not|n't)|not)[ ](?:[\w'-]+[ ]){0,2}?
      (?:found|detected|visible|present|seen|shown|located|here|in[ ](?:the|this|view))\b
    | (?:\b(?:do|does|did|can|could)(?:[ ]not|n't)|\bcannot|\bunable[ ]to)[ ](?:[\w'-]+[ ]){0,2}?
      (?:see|find|locate|detect|identify|contain|include|show|have|appear|exist)\b
    | 没有 | 未检测到 | 未找到 | 找不到 | 不存在
    """,
    re.IGNORECASE | re.VERBOSE,
)
_TAG = re.compile(r'<[^<>]{1,40}>')
_JSON = 20_000  # characters; a longer answer is no answer of a plan or a few points
_LEAD = 1000  # characters; words that say that there is nothing stand near the beginning


def answer_of(text: str) -> str:
    """
    Return the answer in a text of the same length, without thoughts and marks around it.

    Thoughts hold draft coordinates. A thought that is not closed leaves no answer. What is JSON
    as a whole is the answer as it is: marks in it are words of a label.
    """
    if _is_json(text):
        return text
    answer = _keep(text, _outside_thoughts(text))
    answer = _keep(answer, _inside_answer(answer))
    answer = _keep(answer, _after_heading(answer))
    return _MARK.sub(lambda mark: ' ' * len(mark[0]), answer)


def unfenced(answer: str) -> str:
    """Return a text of the same length with only what stands in code fences, if they hold data."""
    if _is_json(answer):
        return answer
    fences = list(_FENCE.finditer(answer))
    edges = [at for fence in fences for at in fence.span()] + [len(answer)]
    spans = [(edges[i], edges[i + 1]) for i in range(1, len(edges) - 1, 4)]
    if any(_DIGIT.search(answer, *span) for span in spans):
        return _keep(answer, spans)
    return _FENCE.sub(lambda fence: ' ' * len(fence[0]), answer)


def says_nothing(answer: str) -> bool:
    """Return whether an answer says in words that what was asked for is not there."""
    words = _TAG.sub(' ', answer[:_LEAD]).strip().replace('’', "'")
    return bool(_NOTHING.search(words))


def _is_json(text: str) -> bool:
    if len(text) > _JSON or not text.lstrip().startswith(('{', '[')):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _outside_thoughts(text: str) -> list[Span]:
    spans: list[Span] = []
    at, thinking = 0, False
    for mark in _THOUGHT.finditer(text):
        if mark[1] and not thinking:  # some prompts end with the opening mark
            spans.clear()
        elif not mark[1] and not thinking:
            spans.append((at, mark.start()))
        thinking = not mark[1]
        at = mark.end()
    return spans if thinking else [*spans, (at, len(text))]


def _inside_answer(text: str) -> list[Span]:
    """Return the last part between answer marks; a mark that is missing is an end of the text."""
    span = 0, len(text)
    for mark in _ANSWER.finditer(text):
        span = (span[0], mark.start()) if mark[1] else (mark.end(), len(text))
    return [span]


def _after_heading(text: str) -> list[Span]:
    """Return what follows the last "Answer:" that begins a line, if it holds data."""
    starts = [heading.end() for heading in _FINAL.finditer(text)]
    start = starts[-1] if starts and _DIGIT.search(text, starts[-1]) else 0
    return [(start, len(text))]


def _keep(text: str, spans: list[Span]) -> str:
    parts, at = [], 0
    for start, end in spans:
        parts += [' ' * (start - at), text[start:end]]
        at = end
    return ''.join([*parts, ' ' * (len(text) - at)])
