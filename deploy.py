"""Build, lint and push: `python deploy.py --help`."""

from pipeline.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
