"""SFTP with the server's key checked: fsspec's own driver takes whatever key it is shown."""

import io
import socket
from pathlib import PurePosixPath
from typing import Any

import paramiko
from fsspec.implementations.sftp import SFTPFileSystem

_TIMEOUT_S = 30.0
_REST_S = 15
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

    @property
    def is_open(self) -> bool:
        """Whether the connection is there, as far as this side knows."""
        transport = self.client.get_transport()
        return transport is not None and transport.is_active()

    def makedirs(self, path: str, exist_ok: bool = False, mode: int = 0o777) -> None:
        """Make a folder and those above it, also where others make them at the same moment. Raises OSError."""
        if not exist_ok and self.exists(path):
            raise FileExistsError(path)
        for folder in reversed([path, *(str(above) for above in PurePosixPath(path).parents)]):
            if self.exists(folder):
                continue
            try:
                self.ftp.mkdir(folder, mode)
            except OSError:
                if not self.exists(folder):
                    raise

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
        _keep_alive(self.client.get_transport())
        self.ftp = self.client.open_sftp()
        if (channel := self.ftp.get_channel()) is not None:
            channel.settimeout(_TIMEOUT_S)


def _keep_alive(transport: paramiko.Transport | None) -> None:
    """Let a connection that rests stay, and one whose other end is gone without a word be known as gone."""
    if transport is not None:
        transport.set_keepalive(_REST_S)
        if hasattr(socket, "TCP_USER_TIMEOUT") and isinstance(transport.sock, socket.socket):
            transport.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(_TIMEOUT_S * 1000))


def _private_key(text: str) -> Any:
    for kind in _KEY_KINDS:
        try:
            return kind.from_private_key(io.StringIO(text))
        except paramiko.SSHException:
            continue
    raise paramiko.SSHException("the private key is of no kind that is known, or has a passphrase")
