"""The steps from one schema to the next; a database remembers the last one it took."""
