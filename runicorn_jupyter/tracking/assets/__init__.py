"""What a run was made from and what it makes: data, code, outputs, artifacts."""
