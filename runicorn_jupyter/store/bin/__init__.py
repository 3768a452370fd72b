"""The recycle bin: deleting, listing, bringing back and emptying."""
