"""The commands of `antifraud`, one a file."""
