"""A service as a DataHolder: five answers, all derived from the declarations on its tables."""
