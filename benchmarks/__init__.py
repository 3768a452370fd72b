"""Side by side with the peers, in one run: same machine, same content, same minute."""
