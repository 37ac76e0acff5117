"""Virtual environments: the project's own, and one in which a real vLLM runs."""
