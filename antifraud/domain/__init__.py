"""What the business is made of: plain values and pure rules, no clock, no I/O, no framework."""
