"""What a program prints and what its loggers say, in the log of its run."""
