"""The standard works, and the script that times them."""
