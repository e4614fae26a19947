"""The parts of the lab: the table, the certificates, the zones and the servers."""
