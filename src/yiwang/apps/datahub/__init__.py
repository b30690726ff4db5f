"""The data centre (数据中心): base databases, catalogue, exchange, quality, linkage, opening, and a citizen's right to know."""
