"""The words for series: PromQL with a shape, recorded series, alerts, objectives."""
