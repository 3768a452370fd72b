"""What a root comes to as a whole: experiments by page, counts and trends, folders and bytes."""
