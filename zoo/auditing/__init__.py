"""What is to be known of data before anything is learned from it, or believed of it."""

from zoo.auditing.records import (
    AuditReport,
    Conflict,
    DataFinding,
    EncoderAudit,
    OverlapAudit,
    Quantiles,
    SplitAudit,
    TokenAudit,
    WithinAudit,
)
from zoo.auditing.report import audit

__all__ = [
    "AuditReport",
    "Conflict",
    "DataFinding",
    "EncoderAudit",
    "OverlapAudit",
    "Quantiles",
    "SplitAudit",
    "TokenAudit",
    "WithinAudit",
    "audit",
]
