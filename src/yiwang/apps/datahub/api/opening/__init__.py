"""Doors of open data for programs: CKAN's action API, DCAT-AP, data packages."""
