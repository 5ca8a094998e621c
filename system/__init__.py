"""A whole installation: its server, work pool, limits, automations, deployments and workers, brought up and down."""
