"""AWS Budgets: kept and read again. Nothing is billed in this account, so no alert ever goes out."""
