"""The Center's matter: lives that people and clocks move by acts, each act on a ground, nothing ever erased.

What is held, asked, traced, listed and returned is a *life* (`life`): a frozen value that `apply` moves by one
*act* (`act`) along a literal table, or refuses. Who may act is said by roles (`people`), how long by law and the
working days of Kazakhstan (`calendar`). Nothing in here knows a clock, a store or a network.
"""
