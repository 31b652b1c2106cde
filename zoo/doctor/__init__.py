"""Why does it not learn? An examination of any model, its data, its loss and its optimizer."""

from __future__ import annotations

from zoo.doctor.diagnosis import Diagnosis, diagnose
from zoo.doctor.findings import CAUSES, Finding

__all__ = ["CAUSES", "Diagnosis", "Finding", "diagnose"]
