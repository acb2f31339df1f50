"""CityWok on sonic: the routes of its server, thin over a store."""
