"""The case made by hand, as the tests of the flow make it."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

_MADE = Path(__file__).parent.parent / "flow" / "conftest.py"
_spec = spec_from_file_location("case_made_by_hand", _MADE)
assert _spec is not None
assert _spec.loader is not None
_module = module_from_spec(_spec)
_spec.loader.exec_module(_module)

as_table = _module.as_table
handmade = _module.handmade
handmade_case = _module.handmade_case
writing_stages = _module.writing_stages
invented = _module.invented
invented_run = _module.invented_run
