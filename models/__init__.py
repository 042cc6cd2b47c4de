"""From history to a model that may decide: tables, training, judgement, and the bundle that serves."""
