"""`python -m demo`."""

from demo.demo import main

if __name__ == "__main__":
    main()
