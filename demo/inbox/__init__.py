"""The demo's mail server and everybody's inbox in one: it takes mail on this machine and shows what it took."""
