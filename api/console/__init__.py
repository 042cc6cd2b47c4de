"""The console of investigators: pages under /console, made here, that need no scripts and are quicker with them."""
