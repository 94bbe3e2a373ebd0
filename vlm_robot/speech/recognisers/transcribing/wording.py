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

"""What a model wrote, as words; and what models write when nobody speaks."""

from __future__ import annotations

import re
import zlib

MAX_COMPRESSION = 2.4
"""Text that shrinks by more than this repeats itself; OpenAI's Whisper has the same limit."""

_ASIDE = re.compile(r'\[[^\]]*\]|\([^)]*\)|<[^>]*>|\*[^*]*\*|[♪♫#]+')
_APART = re.compile(r"[^\w']+|_")
_QUOTES = str.maketrans({'\N{RIGHT SINGLE QUOTATION MARK}': "'", '`': "'"})
_IMAGINED = frozenset(
    (
        '', 'you', 'thank you', 'thank you very much', 'thank you so much', 'thanks', 'bye',
        'bye bye', 'thanks for watching', 'thank you for watching', 'thank you for listening',
        'please subscribe', 'so', 'oh', 'uh', 'um', 'hmm', 'mm', 'the', 'i', 'music', 'applause',
        'subtitles by the amara org community', 'see you next time', 'the end', 'silence',
        'blank audio', 'untertitel der amara org community', '谢谢', '谢谢观看', '謝謝觀看',
        'ご視聴ありがとうございました', 'sous titres réalisés para la communauté d amara org',
    )
)  # fmt: skip
"""What Whisper and its like are known to write on silence and noise; none is a command."""


def as_words(text: str) -> str:
    """Return a text in words: lower case, without punctuation and asides as '[music]'."""
    plain = _ASIDE.sub(' ', text.translate(_QUOTES)).lower()
    words = (word.strip("'") for word in _APART.split(plain))
    return ' '.join(filter(None, words))


def is_imagined(words: str) -> bool:
    """Whether words are what models write on silence and noise: a known phrase, or a loop."""
    return words in _IMAGINED or repeats(words)


def repeats(words: str) -> bool:
    """Whether a text says the same over and over again."""
    data = words.encode()
    return len(data) > MAX_COMPRESSION * len(zlib.compress(data))
