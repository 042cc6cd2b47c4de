"""What is done with transfers and reports: one use case a file, on ports, nothing concrete."""
