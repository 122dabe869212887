"""How desks and the server agree: messages, outbox up, records down, files apart, the desk's side of the pen.

Nothing here decides what is allowed; that is `services`, at the desk and again at the server.
"""
