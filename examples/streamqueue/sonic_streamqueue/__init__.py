"""What tests the page of StreamQueue: the program, and Firefox."""
