"""A small AWS client on the standard library: three services, as the function needs them.

It reads and sends what botocore would; the tests hold every part of it against botocore.
"""
