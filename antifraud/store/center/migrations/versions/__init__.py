"""One step a file, in the order of their numbers. A step is never edited once it has been released."""
