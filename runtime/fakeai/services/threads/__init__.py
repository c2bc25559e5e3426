"""Assistants, threads and runs."""
