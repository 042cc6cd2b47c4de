"""Intake: foreign files become transfers and reports by a small mapping; bad rows are set aside, not lost."""

from antifraud.intake.mapping import Mapping
from antifraud.intake.read import Intake, Progress, read
from antifraud.intake.section import Section
from antifraud.intake.write import write, write_rejects

__all__ = ["Intake", "Mapping", "Progress", "Section", "read", "write", "write_rejects"]
