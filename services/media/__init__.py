"""Pictures and sound: the client's side of images and audio."""
