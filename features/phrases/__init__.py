"""Findings in an investigator's words, in Kazakh, Russian and English.

A sentence is put together from the feature's structure: the measure gives the sentence, the history says
which transfers, the window says when. A new line of the catalogue needs no new words; a new measure or a new
value of a transfer needs one entry in each of `kk.yaml`, `ru.yaml` and `en.yaml`.
"""

from features.phrases.book import Phrasebook

__all__ = ["Phrasebook"]
