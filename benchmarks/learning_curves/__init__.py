"""How accuracy grows with training examples, and whether a frozen board tells of a tuned one."""
