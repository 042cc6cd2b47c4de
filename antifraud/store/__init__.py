"""The durable store: decisions, reports, participants and keys, in SQLite or PostgreSQL."""

from antifraud.store.opening import Store, open_store

__all__ = ["Store", "open_store"]
