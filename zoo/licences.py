"""Which licences let anybody show a text to anybody."""

from __future__ import annotations

# passing texts on is allowed to everybody for every purpose, with attribution at most
OPEN_LICENCES = (
    *("CC0-1.0", "PDDL-1.0", "Unlicense", "MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause"),
    *(f"CC-BY-{version}" for version in ("2.0", "2.5", "3.0", "4.0")),
    *(f"CC-BY-SA-{version}" for version in ("2.0", "2.5", "3.0", "4.0")),
    *("ODC-By-1.0", "ODbL-1.0"),
)
