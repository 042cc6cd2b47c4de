"""Whether the transfers of today are still those that the model was trained on, and what has moved if not."""
