"""The load test, `python deploy.py loadtest`: which requests are sent when, what came back, and what that means."""
