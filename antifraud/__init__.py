"""The anti-fraud engine: what a transfer, a decision and a report are, and what is done with them."""
