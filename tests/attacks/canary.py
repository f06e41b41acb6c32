"""A secret of the service that no attack may see."""

CANARY = "canary-3f9a51"
