"""`kubectl jobhunter …`: a person's commands, which talk to the API server and to nothing else.

`__main__` reads the command line; `connection` reads and patches tasks by the rules of kubectl's kubeconfig. `watching`
follows a task and prints what `story` (pure: status to lines) makes of each change; `answering` writes spec.responses;
`decisions` writes spec.settle and spec.cancel; `drafts` shows the draft. Every failure is a `faults.PluginError`: a
sentence with a remedy, and an exit code.
"""
