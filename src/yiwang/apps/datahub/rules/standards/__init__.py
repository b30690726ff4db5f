"""Rules of data standards (数据标准): data elements, code lists, naming of columns, suggested grades."""
