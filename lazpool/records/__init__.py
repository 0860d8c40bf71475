"""Values: trips, places, posts, letters, receipts and ledger entries."""
