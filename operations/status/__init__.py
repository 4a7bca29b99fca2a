"""How a deployed stack is: each part looked at by itself, so that one that cannot be seen hides none of the others."""
