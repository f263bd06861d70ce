"""The studio songs a night is compared with, and whom each of them pays."""
