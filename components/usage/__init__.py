"""The usage page: what was used and spent, budgets, rate limits, prices, and the ends of models."""
