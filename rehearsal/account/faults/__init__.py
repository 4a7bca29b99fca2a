"""Faults on purpose: what can go wrong between a function and AWS, made to go wrong.

`catalogue` says what there is, `plan` how often each is asked for, `injector` decides and notes. The other
modules are where faults come in: `calls` to the account, answers of `containers`, `deliveries` of events, and
`invocations` of functions. Neither the administrator's calls nor SageMaker's own are ever struck.
"""
