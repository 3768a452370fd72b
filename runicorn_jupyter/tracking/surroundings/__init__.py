"""What a program runs on and with, and what of it is kept."""
