"""Steps from one schema of people and sessions to the next."""
