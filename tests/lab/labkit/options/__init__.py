"""What every option of `check` does, from CONTRACT.md: a case for each, by its group in --help."""
