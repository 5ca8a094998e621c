"""Configuration, storage and the server: what an installation saves once and every run uses."""

APP_NAME = "neuroshorts"
