"""The file of an incident as one HTML document that needs nothing beside it."""
