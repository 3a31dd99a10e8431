"""`python -m molsteer.shared.cli` is `molsteer`, also where no command is on the path."""

from __future__ import annotations

from molsteer.shared.cli.main import main

if __name__ == "__main__":
    main()
