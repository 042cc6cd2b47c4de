"""Behavioural features: one catalogue, computed over tables for training and in live state for serving."""
