"""The version of the program, printed on every output."""

VERSION = "0.1.0"
