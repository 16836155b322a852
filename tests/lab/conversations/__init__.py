"""Conversations of command-line clients that can be recorded, one file each."""
