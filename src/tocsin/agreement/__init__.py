"""The agreement language: text to tree, checked, and back to plain words."""
