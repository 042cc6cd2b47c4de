"""How fast things are: run by `make bench`, never by `make test`."""
