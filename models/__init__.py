"""From history to a model that may decide: tables, training, judgement, and the bundle that serves."""

import os

# Threads of LightGBM that wait for each other burn a core meanwhile, unless told to sleep: on a machine that does
# something else besides, a training that takes a minute then takes ten. It is read once, when the library is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
