"""How lives are shown at the edge: whole to whom they belong to, the minimum to a counterpart."""
