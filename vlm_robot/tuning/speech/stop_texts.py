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

"""What is said around stop words, and what sounds like them, to train and to judge on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vlm_robot.tuning.speech.chatter import documentation
from vlm_robot.tuning.speech.commands import Commander
from vlm_robot.tuning.speech.lookalikes import words_by_distance

LEADS = (
    'no', 'robot', 'please', 'hey', 'okay', 'now', 'robot please', 'hey robot', 'oh no', 'wait',
    'just', 'and', 'no no', 'you must', 'everybody', 'could you', 'I said', 'robot arm',
)  # fmt: skip
"""Said right before a stop word."""
TAILS = (
    'it', 'now', 'please', 'right there', 'the arm', 'moving', 'at once', 'the robot', 'that',
    'right now', 'immediately', 'everything', 'there', 'robot', 'this', 'everybody',
)  # fmt: skip
"""Said right after one."""

LOOKALIKES = (
    'top', 'shop', 'step', 'stock', 'store', 'drop', 'pop', 'stump', 'salt', 'hold', 'hole',
    'fault', 'halls', 'free', 'fees', 'breeze', 'freight', 'on top of', 'next to',
    'on top of the box', "it's on top", 'stand', 'start', 'star', 'stay',
    'stack', 'steep', 'stab', 'stamp', 'stomp', 'stoop', 'stuff', 'stub', 'stalk', 'stork',
    'storm', 'stone', 'story', 'stood', 'stud', 'stick', 'still', 'strap', 'strip', 'stripe',
    'strong', 'swap', 'swamp', 'slop', 'spot', 'sport', 'shot', 'scott', 'sob', 'soap', 'soup',
    'sop', 'prop', 'crop', 'chop', 'hop', 'mop', 'cop', 'flop', 'shopping', 'desktop', 'laptop',
    'the top', 'at the top', 'tabletop', 'top left', 'rooftop', 'first object', 'first apple',
    'just a pot', 'best option', 'most of', 'must option', 'hot', 'hall', 'haul', 'half',
    'hull', 'halo', 'help', 'hello', 'hulk', 'hilt', 'hurt', 'heart', 'hard',
    'held', 'healed', 'hauled', 'hot', 'hat', 'hunt', 'holster', 'whole', 'a lot', 'all', 'all to',
    'vault', 'malt', 'bolt', 'colt', 'call it', 'fall to', 'tall tower', 'alter', 'ought', 'alt',
    'cheese', 'trees', 'three', 'threes', 'three zebras', 'freed', 'friend', 'frozen', 'fridge',
    'fleas', 'fleece', 'fries', 'phrase', 'phrases', 'praise', 'please', 'police',
    'peas', 'pleased', 'grease', 'breathe', 'brief', 'fee', 'feed', 'feast', 'feel', 'fresh',
    'fruit', 'green', 'Greece', 'squeeze', 'these', 'those', 'reef is', 'afraid',
    'free is', 'sneeze', 'knees', 'keys', 'bees', 'seize', 'tease', 'ease',
    'pick up', 'put it on top', 'last step', 'sharp', 'stir',
)  # fmt: skip
"""No stop words, though they sound like parts of them."""

SENTENCES = (
    'I will be back in ten minutes', 'did you see the game last night', 'the coffee is cold again',
    'we need more screws for this shelf', 'can somebody answer the phone', 'that was a long day',
    'the meeting starts at half past nine', 'my brother lives in another town',
    'she walked home through the rain', 'there is a problem with the printer',
    'let us have lunch at the new place', 'he told me about his holiday', 'the train was late',
    'I think the battery is almost empty', 'who left the window open', 'turn off the radio please',
    'the weather will be better tomorrow', 'these boxes go to the warehouse', 'how much is it',
    'we have to order spare parts', 'my hands are full at the moment', 'look at that old machine',
    'it takes about three hours to get there', 'nobody knows where the keys are', 'good morning',
    'the children are playing in the garden', 'do not forget your jacket', 'I have no idea',
    'the second shift begins at two', 'what a beautiful day it is', 'many thanks for that',
    'he bought seven apples and a loaf of bread', 'our neighbours have a new dog', 'see you later',
    'the report must be ready by friday', 'please close the door behind you', 'never mind',
    'she has been working here for twelve years', 'they painted the whole house blue',
    'the soup needs a little more salt', 'I would like a cup of tea', 'this tool is very heavy',
    'the shop on the corner sells everything', 'we hope to finish the job this week',
    'is there any post for me today', 'the lift is out of order', 'put your helmet on first',
    'half of the team is on leave', 'the top drawer is stuck', 'keep to the left side',
    'somebody parked in front of the gate', 'it was the best option at that time',
    'hold the ladder for me', 'all the lights went out', 'the cheese is in the fridge',
)  # fmt: skip
"""Talk that is no command and holds no stop word."""
JUDGED_SENTENCES = (
    'the birch canoe slid on the smooth planks', 'glue the sheet to the dark blue background',
    "it's easy to tell the depth of a well", 'these days a chicken leg is a rare dish',
    'rice is often served in round bowls', 'the juice of lemons makes fine punch',
    'the box was thrown beside the parked truck', 'the hogs were fed chopped corn and garbage',
    'four hours of steady work faced us', 'a large size in stockings is hard to sell',
    'the boy was there when the sun rose', 'a rod is used to catch pink salmon',
    'the source of the huge river is the clear spring',
    'kick the ball straight and follow through',
    'help the woman get back to her feet', 'a pot of tea helps to pass the evening',
    'smoky fires lack flame and heat', 'the soft cushion broke the fall',
    'the salt breeze came across from the sea', 'the girl at the booth sold fifty bonds',
    'the small pup gnawed a hole in the sock', 'the fish twisted and turned on the bent hook',
    'press the pants and sew a button on the vest', 'the swan dive was far short of perfect',
    'the beauty of the view stunned the young boy', 'two blue fish swam in the tank',
    'her purse was full of useless trash', 'the colt reared and threw the tall rider',
    'it snowed, rained, and hailed the same morning', 'read verse out loud for pleasure',
    'hoist the load to your left shoulder', 'take the winding path to reach the lake',
    'note closely the size of the gas tank', 'wipe the grease off his dirty face',
    'mend the coat before you go out', 'the wrist was badly strained and hung limp',
    'the stray cat gave birth to kittens', 'the young girl gave no clear response',
    'the meal was cooked before the bell rang', 'what joy there is in living',
    'a king ruled the state in the early days', 'the ship was torn apart on the sharp reef',
    'sickness kept him home the third week', 'the wide road shimmered in the hot sun',
    'the lazy cow lay in the cool grass', 'lift the square stone over the fence',
    'the rope will bind the seven books at once', 'hop over the fence and plunge in',
    'the friendly gang left the drug store', 'mesh wire keeps chicks inside',
    'the frosty air passed through the coat', 'the crooked maze failed to fool the mouse',
    'adding fast leads to wrong sums', 'the show was a flop from the very start',
    'a saw is a tool used for making boards', 'the wagon moved on well oiled wheels',
    'march the soldiers past the next hill', 'a cup of sugar makes sweet fudge',
    'place a rosebush near the porch steps', 'both lost their lives in the raging storm',
    'drop the two when you add the figures', 'the cup cracked and spilled its contents',
    'paste can cleanse the most dirty brass', 'the slang word for raw whiskey is booze',
    'it caught its hind paw in a rusty trap', 'the wharf could be seen at the farther shore',
    'feel the heat of the weak dying flame', 'the tiny girl took off her hat',
    'a cramp is no small danger on a swim', 'he said the same phrase thirty times',
)  # fmt: skip
"""The first of the Harvard sentences (IEEE 1969), which nothing is trained on."""
_WORDS = tuple(sorted({word for text in SENTENCES for word in text.split()}))
_NEARNESS = (0.35, 0.35, 0.3)
"""How often words are said that differ from stop words in one phone, in two, and in more."""
_READ = (
    'calendar', 'collections', 'configparser', 'csv', 'difflib', 'doctest', 'enum', 'fractions',
    'ftplib', 'functools', 'gettext', 'heapq', 'imaplib', 'inspect', 'ipaddress', 'json',
    'logging', 'mailbox', 'optparse', 'pdb', 'pickle', 'plistlib', 'poplib', 'pprint', 'selectors',
    'shutil', 'smtplib', 'socket', 'ssl', 'string', 'tarfile', 'tempfile', 'textwrap', 'timeit',
    'tokenize', 'traceback', 'typing', 'uuid', 'weakref', 'webbrowser', 'xmlrpc.client', 'zipfile',
)  # fmt: skip
"""Modules of Python whose documentation is read aloud: others than `chatter` reads to judge."""


def command(rng: np.random.Generator) -> str:
    """Return a command, such as the arm gets all day."""
    return Commander(rng).command()


def talk(rng: np.random.Generator) -> str:
    """Return what is no command: text read aloud, words that sound like stop, or a salad."""
    draw, near = rng.uniform(), words_by_distance()
    if draw < 0.3:
        return _drawn(rng, documentation(_READ))
    if draw < 0.4:
        return _drawn(rng, SENTENCES)
    if draw < 0.55:
        return ' '.join(rng.choice(LOOKALIKES, int(rng.integers(1, 4))))
    if draw < 0.85 and near:
        words = near[int(rng.choice(sorted(near), p=_NEARNESS))]
        return ' '.join(rng.choice(words, int(rng.integers(2, 6))))
    return ' '.join(rng.choice(_WORDS, int(rng.integers(2, 7))))


def _drawn(rng: np.random.Generator, texts: Sequence[str]) -> str:
    return texts[int(rng.integers(len(texts)))]
