"""Demo data: an invented furniture house with its customers, loaded through the public doors only."""
