"""Repairs that lint makes itself in files of others: values in their places, and nothing around them."""
