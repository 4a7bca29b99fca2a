"""The rules: plain functions from resources to findings, one file a matter."""
