"""`python -m lazpool` is the same as `lazpool`."""

from lazpool.cli.main import main

if __name__ == "__main__":
    main()
