// Nothing is offered: a plugin exports its entry alone.
