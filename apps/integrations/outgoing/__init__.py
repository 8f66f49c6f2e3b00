"""What happened in the tower, told to others: customers, n8n, a CRM. docs/outgoing.md is the receiver's side."""
