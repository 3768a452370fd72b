"""The machine we run on and this server: health, configuration, GPUs, diagnostics."""
