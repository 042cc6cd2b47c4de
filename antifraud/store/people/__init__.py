"""People and their sessions, kept beside the Center's book: who may sign in, and who has."""

from antifraud.store.people.opening import People, open_people

__all__ = ["People", "open_people"]
