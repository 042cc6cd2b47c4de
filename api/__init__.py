"""The edge: HTTP and the command line, and the one place that joins the parts."""
