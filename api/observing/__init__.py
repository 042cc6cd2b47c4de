"""What an operator sees of a running engine: logs, the id of each request, traces, and what waits."""
