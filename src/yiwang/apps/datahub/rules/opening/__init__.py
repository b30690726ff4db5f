"""Rules of open data: licences and themes, CKAN's query language, DCAT-AP, data packages, what can be drawn."""
