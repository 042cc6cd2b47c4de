"""Rules, policies and models over the past, as of each moment."""
