"""The openai SDK's own generated tests, run against `fakeai server --contract`."""
