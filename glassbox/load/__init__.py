"""The load test, `python deploy.py loadtest`: who asks when, what came back and when, and what that means."""
