"""What plays the serving images: processes that keep SageMaker's container contract.

Each is started as `python -m rehearsal.containers.<image> LISTENING_FD MODEL_DIR isolated|networked`
with the environment that the Model registered, and ends when its standard input closes.
"""
