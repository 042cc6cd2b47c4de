"""Challengers and shadow rules on live traffic: they listen to the log of decisions, and are compared by what came."""
