# What account 111122223333 needs, as its snapshot of 2026-01-05T10:00:00Z shows it
# (sha256:9a8203ce36ce7e1a8a3ea9003b3b93496a2f2f8fde22900a23e840e26496b6f6). Made by cistern fix.
# There is nothing that a change would mend.
