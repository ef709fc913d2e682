"""What a frozen encoder says of texts, and the linear heads that read it."""
