"""What an answer is made of: JSON, columns, ranges of files, streams, problems."""
