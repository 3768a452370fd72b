"""Pictures, tables and sounds as files."""
