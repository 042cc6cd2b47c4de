"""ISO 20022 at the edge: messages in and out; nothing behind this package knows of XML."""
