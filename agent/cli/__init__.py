"""The commands of `lamppost`: one module each, imported when it is used."""
