"""What the audit administrator (安全审计员) looks at: events, accesses, exports, seals, warnings. Never business data."""
