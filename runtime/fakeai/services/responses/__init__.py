"""Responses and conversations: items in, chat messages to the engine, items and events out."""
