"""What the publisher is made of, without the MQTT library: settings, problems, back-off, delivery, sessions."""
