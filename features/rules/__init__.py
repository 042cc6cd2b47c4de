"""Rules that analysts write: SQL conditions over the catalogue, run for one transfer and over a table.

The text is never executed. `syntax` reads it into a small tree of whitelisted nodes; `online` turns the tree
into closures over one vector, `table` into polars expressions. Both follow SQL's three-valued logic: what is
absent compares as unknown, and a condition that ends unknown does not fire. A division by zero is absent too,
as in the catalogue's ratios.
"""

from features.rules.files import STARTER_RULES, read_rules, write_rules
from features.rules.online import CompiledRules
from features.rules.syntax import parse
from features.rules.table import fired, fires

__all__ = ["STARTER_RULES", "CompiledRules", "fired", "fires", "parse", "read_rules", "write_rules"]
