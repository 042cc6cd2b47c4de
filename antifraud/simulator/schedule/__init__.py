"""When things happen: the calendar of Kazakhstan and the hours of a day."""
