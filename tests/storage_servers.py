"""Real servers of storage on the loopback interface: WebDAV and SFTP, each with a folder to keep files in."""

import os
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import paramiko
from cheroot.wsgi import Server
from wsgidav.wsgidav_app import WsgiDAVApp

USER, PASSWORD = "sam", "open sesame"


@contextmanager
def webdav_server(folder: Path) -> Generator[str]:
    """Serve a folder by WebDAV to one user, and yield its URL."""
    app = WsgiDAVApp(
        {
            "provider_mapping": {"/": str(folder)},
            "simple_dc": {"user_mapping": {"*": {USER: {"password": PASSWORD}}}},
            "http_authenticator": {"accept_basic": True, "accept_digest": False, "default_to_digest": False},
            "verbose": 0,
            "logging": {"enable": False},
        }
    )
    server = Server(("127.0.0.1", 0), app, numthreads=4)
    server.prepare()
    thread = threading.Thread(target=server.serve)
    thread.start()
    yield f"http://127.0.0.1:{server.bind_addr[1]}"
    server.stop()
    thread.join()


class _Login(paramiko.ServerInterface):
    def get_allowed_auths(self, username: str) -> str:
        return "password"

    def check_auth_password(self, username: str, password: str) -> int:
        good = (username, password) == (USER, PASSWORD)
        return paramiko.AUTH_SUCCESSFUL if good else paramiko.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED


class _Handle(paramiko.SFTPHandle):
    def __init__(self, file: Any, flags: int) -> None:
        super().__init__(flags)
        self.readfile = self.writefile = file

    def stat(self) -> Any:
        return paramiko.SFTPAttributes.from_stat(os.fstat(self.readfile.fileno()))


def _told(call: Any, *args: Any) -> Any:
    try:
        call(*args)
    except OSError as error:
        return paramiko.SFTPServer.convert_errno(error.errno or 0)
    return paramiko.SFTP_OK


class _Folder(paramiko.SFTPServerInterface):
    """One folder of this machine as the root of an SFTP server."""

    root: Path

    def _at(self, path: str) -> Path:
        return self.root / self.canonicalize(path).lstrip("/")

    def list_folder(self, path: str) -> Any:
        try:
            return [
                paramiko.SFTPAttributes.from_stat(each.stat(), filename=each.name) for each in self._at(path).iterdir()
            ]
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)

    def stat(self, path: str) -> Any:
        try:
            return paramiko.SFTPAttributes.from_stat(self._at(path).stat())
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)

    lstat = stat

    def open(self, path: str, flags: int, attr: Any) -> Any:
        try:
            descriptor = os.open(self._at(path), flags, 0o600)
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)
        return _Handle(os.fdopen(descriptor, "r+b" if flags & (os.O_WRONLY | os.O_RDWR) else "rb"), flags)

    def remove(self, path: str) -> Any:
        return _told(self._at(path).unlink)

    def mkdir(self, path: str, attr: Any) -> Any:
        return _told(self._at(path).mkdir)

    def rename(self, oldpath: str, newpath: str) -> Any:
        """As OpenSSH does it: a name that is taken is not."""
        told = _told(self._at(newpath).hardlink_to, self._at(oldpath))
        return told if told != paramiko.SFTP_OK else _told(self._at(oldpath).unlink)

    def posix_rename(self, oldpath: str, newpath: str) -> Any:
        return _told(self._at(oldpath).replace, self._at(newpath))


@contextmanager
def sftp_server(folder: Path) -> Generator[tuple[int, str]]:
    """Serve a folder by SFTP to one user, and yield the port and the host's key."""
    key = paramiko.ECDSAKey.generate()
    files = type("Files", (_Folder,), {"root": folder})
    listener = socket.create_server(("127.0.0.1", 0))
    transports: list[paramiko.Transport] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            transport = paramiko.Transport(connection)
            transports.append(transport)
            transport.add_server_key(key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, files)
            transport.start_server(event=threading.Event(), server=_Login())

    thread = threading.Thread(target=serve)
    thread.start()
    yield listener.getsockname()[1], f"{key.get_name()} {key.get_base64()}"
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    for transport in transports:
        transport.close()
    thread.join()
