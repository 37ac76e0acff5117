"""The rules: one short function each, in a module for each subject."""
