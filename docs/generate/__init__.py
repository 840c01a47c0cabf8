"""Makes the reference pages from the code that they describe: `make docs`."""
