"""Training and serving of the model: protocols, metrics, folds, scores."""
