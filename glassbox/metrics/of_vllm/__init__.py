"""What vLLM exposes besides its core: `vllm.py` says which of these modules are its parts."""
