"""What calls used and cost: the ledger, prices, budgets, and rate limits as last seen."""
