"""The engine-neutral series that every dashboard and alert reads. Renames, ranks, processes and replicas are handled here, once."""
