"""Where texts are cut unless somebody says otherwise."""

# characters of a text, before it is tokenised
MAX_CHARACTERS = 10_000
# tokens of a text under a recipe, special ones too
MAX_LENGTH = 128
