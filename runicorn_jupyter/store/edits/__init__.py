"""What people change about runs that others wrote: notes, tags and alias, where a run lies, empty folders."""
