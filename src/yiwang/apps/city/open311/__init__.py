"""Open311 GeoReport v2 at `/open311/v2/`: the door of public report apps. XML and JSON as the specification says."""
