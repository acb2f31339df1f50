"""The voiceprint service of viim on sonic: its routes, thin over a store of voices."""
