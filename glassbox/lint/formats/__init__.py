"""Findings of lint as text for people, and for programs that read them."""
