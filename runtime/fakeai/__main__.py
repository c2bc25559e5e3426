import sys

from fakeai.cli import main

sys.exit(main())
