"""What requests may say: the SDK's own types, checked strictly, and the limits those types do not know."""
