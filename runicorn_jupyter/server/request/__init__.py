"""What a request says: declared fields of addresses, queries and bodies, read once."""
