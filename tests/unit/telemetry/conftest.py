"""Properties are not timed: the first example loads a vocabulary."""

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
