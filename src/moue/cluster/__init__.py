"""Run the work of a command on a Ray cluster.

Only the driver, the process of the command, uses the catalog. The workers receive paths and facts,
and return results. Ray is imported only when a command uses it.
"""
