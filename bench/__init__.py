"""`make bench`: the budgets of DESIGN.md, measured beside the bare limit on the same machine, database and minute."""
