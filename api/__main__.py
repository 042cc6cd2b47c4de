"""`python -m api` is `antifraud`."""

from api.cli import main

main()
