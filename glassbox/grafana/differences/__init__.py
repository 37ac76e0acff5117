"""What differs between an object as it is in Grafana and as it will be, in the words of people who read dashboards."""
