"""What a configuration costs before it runs: bytes on the wire, room in the buffer, wear of the card.

In: settings. Out: numbers. Never: what the unit has done; `lamppost status` tells that. One model for every command
that foretells something; each number in it that was measured says where.
"""
