"""SFTP with the server's key checked: fsspec's own driver takes whatever key it is shown."""

import io
from typing import Any

import paramiko
from fsspec.implementations.sftp import SFTPFileSystem

_TIMEOUT_S = 30.0
_KEY_KINDS = (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey)


class SftpFolder(SFTPFileSystem):
    """Files over SFTP, from a server that shows the key it is known by. Needs paramiko; of one thread."""

    protocol = ("sftp", "ssh")
    cachable = False

    def __init__(
        self,
        host: str,
        *,
        port: int = 22,
        username: str | None = None,
        password: str | None = None,
        private_key: str = "",
        host_key: str = "",
    ) -> None:
        """Connect. `private_key` is the text of a key file, `host_key` a line such as ssh-ed25519 AAAA….

        Without a host key the server must be in this account's known hosts file; without password and key, the keys of
        the account are tried. Raises paramiko.SSHException, OSError.
        """
        self.host_key = host_key
        super().__init__(
            host,
            port=port,
            username=username,
            password=password,
            pkey=_private_key(private_key) if private_key else None,
            allow_agent=not (password or private_key),
            look_for_keys=not (password or private_key),
            timeout=_TIMEOUT_S,
            banner_timeout=_TIMEOUT_S,
            auth_timeout=_TIMEOUT_S,
            channel_timeout=_TIMEOUT_S,
        )

    def _connect(self) -> None:
        self.client = paramiko.SSHClient()
        self.client.set_missing_host_key_policy(paramiko.RejectPolicy())
        if self.host_key:
            port: int = self.ssh_kwargs["port"]
            name = self.host if port == paramiko.config.SSH_PORT else f"[{self.host}]:{port}"
            entry = paramiko.hostkeys.HostKeyEntry.from_line(f"{name} {self.host_key}")
            if entry is None:
                raise paramiko.SSHException("the host key should be a line such as ssh-ed25519 AAAA…")
            self.client.get_host_keys().add(name, entry.key.get_name(), entry.key)
        else:
            self.client.load_system_host_keys()
        self.client.connect(self.host, **self.ssh_kwargs)
        self.ftp = self.client.open_sftp()
        if (channel := self.ftp.get_channel()) is not None:
            channel.settimeout(_TIMEOUT_S)


def _private_key(text: str) -> Any:
    for kind in _KEY_KINDS:
        try:
            return kind.from_private_key(io.StringIO(text))
        except paramiko.SSHException:
            continue
    raise paramiko.SSHException("the private key is of no kind that is known, or has a passphrase")
