"""Where conversations, the ledger and preferences are kept: one database and one folder of blobs."""
