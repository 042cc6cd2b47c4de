"""What can be done in the Center: each use case is a function of an open page of the book, a request and a moment."""
