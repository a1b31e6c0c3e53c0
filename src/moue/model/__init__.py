"""From mouth crops to a tested classifier: one network, one way to prepare pixels."""
