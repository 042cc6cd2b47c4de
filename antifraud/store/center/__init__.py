"""The Center's book: a journal of acts that nothing can change unseen, and the lives that they made."""

from antifraud.store.center.book import SqlBook, open_book

__all__ = ["SqlBook", "open_book"]
