"""What people see in a terminal: results on standard output, the rest on standard error."""
