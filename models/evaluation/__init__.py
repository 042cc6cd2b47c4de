"""What a model is worth: money, people, time, and how sure that is.

`evaluate` gives the numbers, `models.evaluation.report` a page for people.
"""

from models.evaluation.evaluation import Evaluation, Terms, evaluate
from models.evaluation.intervals import Estimate
from models.evaluation.rows import ROWS, Besides, Judged, judged_rows, served_of

__all__ = ["ROWS", "Besides", "Estimate", "Evaluation", "Judged", "Terms", "evaluate", "judged_rows", "served_of"]
