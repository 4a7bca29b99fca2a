"""Who may do what: identities, policies and the decision, as IAM makes it."""
