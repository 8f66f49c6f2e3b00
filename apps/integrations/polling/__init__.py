"""Asking carriers: shapes of requests, budget, what is due, one turn, and the sweep over all partners."""
