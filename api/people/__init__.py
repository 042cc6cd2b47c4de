"""How people prove who they are: passwords, codes, other providers' word, and the sessions that follow."""
