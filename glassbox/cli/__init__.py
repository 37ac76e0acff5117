"""The command line: the list of commands, exit codes, results as text."""
