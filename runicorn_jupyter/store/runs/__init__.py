"""What one run directory says: where runs lie, their small files, whether they changed and whether they live."""
