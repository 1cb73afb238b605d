"""The models of attribution, by name. A new one is one file here, and one test of its name."""

from __future__ import annotations

from itda.measure.attribution import first, last, linear
from itda.measure.attribution.definition import Model

MODELS: dict[str, Model] = {module.MODEL.name: module.MODEL for module in (first, last, linear)}
