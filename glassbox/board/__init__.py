"""The words for dashboards: panels, tables, variables, layout."""
