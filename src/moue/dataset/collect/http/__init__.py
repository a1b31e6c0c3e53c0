"""Asking the web politely, and trusting nothing that it answers.

`address` says where may be gone, `line` opens a connection there, `pace` when, `robots` whether,
`client` puts them together. What befalls one address is a `Failure` with a reason.
"""
