"""Memoria's worker on sonic: finds faces on photos, tells who is who, and keeps all of it in PostgreSQL."""

VERSION = "0.1.0"
