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

"""A realistic answer for each syntax, in the units that its family's profile declares."""

from __future__ import annotations

from vlm_robot.models.units import Units

UNITS = {
    'plan_json': Units(),
    'json_points': Units(),
    'molmo': Units(divisor=100),
    'molmo2': Units(),
    'paligemma': Units(divisor=1024, first='y'),
    'florence2': Units(offset=0.5),
    'kosmos2': Units(divisor=32, offset=0.5),
    'ref_box': Units(),
    'ref_box_spaced': Units(),
    'ref_det': Units(divisor=999),
    'glm_box': Units(),
    'moondream': Units(divisor=1),
    'point_tuples': Units(divisor=1),
    'point_tags': Units(scale='seen'),
}

PLAN = (
    '{"outcome":"ok","steps":[{"skill":"pick","point":[412,530],"label":"red cube"},'
    '{"skill":"place","relation":"in","point":[700,415],"label":"blue bowl"}]}'
)

ANSWERS = {
    'plan_json': f'```json\n{PLAN}\n```',
    'json_points': (
        '```json\n[\n\t{"bbox_2d": [341, 258, 397, 360], "label": "red cube"},\n'
        '\t{"point_2d": [422, 383], "label": "mug, white"}\n]\n```'
    ),
    'molmo': (
        ' <points x1="32.0" y1="62.8" x2="40.1" y2="20.5" alt="red cubes">red cubes</points> '
        'and <point x="7.4" y="99.9" alt="mug">mug</point>'
    ),
    'molmo2': (
        'Counting the <points coords="1 1 073 160 2 173 600 3 258 725" alt="mugs">the mugs'
        '</points> shows a total of 3.'
    ),
    'paligemma': (
        'detect shoe\n<loc0051><loc0309><loc0708><loc0646> shoe ; '
        '<loc0512><loc0100><loc0800><loc0300> left shoe<eos>'
    ),
    'florence2': (
        '</s><s>car<loc_53><loc_333><loc_933><loc_774>wheel<loc_708><loc_568><loc_860><loc_768>'
        '<loc_148><loc_570><loc_290><loc_774></s>'
    ),
    'kosmos2': (
        '<grounding> An image of<phrase> a snowman</phrase><object><patch_index_0044>'
        '<patch_index_0863></object> warming himself by<phrase> a fire</phrase><object>'
        '<patch_index_0005><patch_index_0911></object>.'
    ),
    'ref_box': '<ref>red cube</ref><box>[[341, 258, 397, 360], [10, 20, 90, 80]]</box><|im_end|>',
    'ref_box_spaced': '<ref>red cube</ref><box>341 258 397 360</box><box>10 20 90 80</box>',
    'ref_det': (
        '<|ref|>The giraffe at the back.<|/ref|><|det|>[[580, 270, 999, 904]]<|/det|>'
        '<｜end▁of▁sentence｜>'
    ),
    'glm_box': (
        '<think>The bottle may be at [[1, 2, 3, 4]].</think><answer>The second bottle is at '
        '<|begin_of_box|>[[94,598,177,991]]<|end_of_box|>.</answer>'
    ),
    'moondream': (
        "{'points': [{'x': 0.519, 'y': 0.444}], "
        "'objects': [{'x_min': 0.1, 'y_min': 0.2, 'x_max': 0.3, 'y_max': 0.4}]}"
    ),
    'point_tuples': 'They are free: [(0.461, 0.527), (0.498, 0.521), (0.444, 0.545)]',
    'point_tags': (
        '<think>It could be <point>[[1, 1]]</point>.</think>'
        '<answer><point>[[212, 230], [305, 118]]</point></answer>'
    ),
}
