"""What the publisher is made of: settings, problems, back-off, delivery, sessions; `mqtt` alone has the library."""
