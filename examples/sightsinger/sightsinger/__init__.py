"""SightSinger on sonic: upload a score, hear it sung."""

VERSION = "0.1.0"
