"""Voices that are not built in: services on the network, and models on this machine."""
