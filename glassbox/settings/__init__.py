"""What an installation chooses, read from one YAML file."""
