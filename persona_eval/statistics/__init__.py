"""Pure functions over counts. The case is the unit: trials of one case are not independent."""
