"""The labels by which boards draw their lines: as few as tell one line from another, since legends have little room."""

BY_JOB = ("job",)
BY_MODEL = ("model_name",)
BY_GPU = ("instance", "gpu")
