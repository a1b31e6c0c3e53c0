"""The setting `licence`: which bundled networks and face backends may be used."""

from __future__ import annotations

from typing import Literal, TypeAlias

Licence: TypeAlias = Literal["free", "any"]
FREE_LICENCES = ("Apache-2.0", "BSD-3-Clause", "CC0-1.0", "MIT")
"""SPDX identifiers of the licences of the free set."""
ADVICE = "use --licence any if your use is research"
"""End of the error messages that refuse a network."""
