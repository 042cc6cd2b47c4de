"""Pictures that the server draws: where things stand, and SVG of it."""
