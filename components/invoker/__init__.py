"""The parts of an InvokerFunction, one file each."""
