"""SSH, all of it by asyncssh: hosts, their keys, logins, and what is found on the other side."""
