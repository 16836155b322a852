"""The parts of the lab: a network, its servers, a browser, and the record of what happened."""
