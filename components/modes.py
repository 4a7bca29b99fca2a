"""The ways to host a model, and the names that follow from them."""

REALTIME = "realtime"
SERVERLESS = "serverless"
ASYNC = "async"
SCALE_TO_ZERO = "scale-to-zero"
MODES = (REALTIME, SERVERLESS, ASYNC, SCALE_TO_ZERO)

MAIN_VARIANT = "AllTraffic"
COMPONENT_SUFFIX = "-component"
