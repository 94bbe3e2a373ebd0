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

"""The known answer syntaxes by name."""

from __future__ import annotations

from importlib import import_module

from vlm_robot.core.errors import UnknownNameError
from vlm_robot.models.conventions.base import Convention
from vlm_robot.models.units import Units

CONVENTIONS = {
    'plan_json': 'vlm_robot.models.conventions.plan_json:PlanJsonConvention',
    'json_points': 'vlm_robot.models.conventions.json_points:JsonPointsConvention',
    'molmo': 'vlm_robot.models.conventions.molmo:MolmoConvention',
    'molmo2': 'vlm_robot.models.conventions.molmo2:Molmo2Convention',
    'paligemma': 'vlm_robot.models.conventions.loc_tokens:PaliGemmaConvention',
    'florence2': 'vlm_robot.models.conventions.loc_tokens:Florence2Convention',
    'kosmos2': 'vlm_robot.models.conventions.kosmos2:Kosmos2Convention',
    'ref_box': 'vlm_robot.models.conventions.box_tags:RefBoxConvention',
    'ref_box_spaced': 'vlm_robot.models.conventions.box_tags:RefSpacedBoxConvention',
    'ref_det': 'vlm_robot.models.conventions.box_tags:RefDetConvention',
    'glm_box': 'vlm_robot.models.conventions.box_tags:GlmBoxConvention',
    'moondream': 'vlm_robot.models.conventions.moondream:MoondreamConvention',
    'point_tuples': 'vlm_robot.models.conventions.point_tuples:PointTuplesConvention',
    'point_tags': 'vlm_robot.models.conventions.point_tags:PointTagsConvention',
    'tabletop': 'vlm_robot.models.conventions.tabletop:TabletopConvention',
}


def make_convention(name: str, units: Units | None = None) -> Convention:
    """
    Return a convention.

    :param units: of the answer's numbers, for syntaxes that do not fix them.
    :raises UnknownNameError: for a name that is not registered.
    """
    if name not in CONVENTIONS:
        raise UnknownNameError('convention', name, CONVENTIONS)
    module, _, attribute = CONVENTIONS[name].partition(':')
    convention: Convention = getattr(import_module(module), attribute)(units or Units())
    return convention
