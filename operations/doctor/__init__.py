"""Is all there that a stack needs on AWS? Looked at without changing anything, before it is deployed and after."""
