"""The console for people: pages that the server writes, in three languages."""
