"""A country in miniature: fictional people, banks, honest life and the frauds that the police name.

Everything it makes is simulated. It is a world to run, test and learn in; it proves nothing about the
performance of a model on real transfers.
"""

from antifraud.simulator.config import Config, load_config
from antifraud.simulator.world import simulate

__all__ = ["Config", "load_config", "simulate"]
