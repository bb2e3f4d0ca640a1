"""A mail server for tests, with STARTTLS, TLS from the start, sign-in, and recipients that it refuses."""

from __future__ import annotations

import base64
import email
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.message import Message
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


class FakeMailServer(socketserver.ThreadingTCPServer):
    """A mail server on this machine. It keeps the e-mails it accepts, and the protocol commands it reads.

    Args:
        certificate: a file with a key and a certificate, for `starttls` and `tls`.
        security: `none`, `starttls` or `tls`. Apart from `none`, nothing is accepted unencrypted.
        password: if given, an e-mail is accepted only after a sign-in with this password.
        refused: the recipients that the server refuses; "all" means every recipient.

    """

    daemon_threads = True

    def __init__(
        self, certificate: Path | None = None, *, security: str = "none", password: str = "", refused: str = ""
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.security, self.password, self.refused = security, password, refused
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if certificate is not None:
            self.context.load_cert_chain(certificate)
        self.emails: list[Message] = []
        self.recipients: list[str] = []
        self.connections = 0

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def handle_error(self, request: object, client_address: object) -> None:
        """Keep quiet about clients that hang up, for example because they do not trust the certificate."""

    @contextmanager
    def running(self) -> Iterator[FakeMailServer]:
        thread = threading.Thread(target=self.serve_forever)
        thread.start()
        try:
            yield self
        finally:
            self.shutdown()
            thread.join()
            self.server_close()


class _Connection(socketserver.BaseRequestHandler):
    server: FakeMailServer

    def handle(self) -> None:
        self.server.connections += 1
        self.encrypted = self.signed_in = False
        self.lines = self.request.makefile("rb")
        if self.server.security == "tls":
            self._encrypt()
        self._reply("220 ready")
        while line := self.lines.readline().decode().strip():
            self._answer(line, line.upper())

    def finish(self) -> None:
        self.lines.close()
        self.request.close()

    def _answer(self, line: str, upper: str) -> None:
        if upper.startswith("EHLO"):
            offers = ["STARTTLS"] * (self.server.security == "starttls" and not self.encrypted)
            offers += ["AUTH PLAIN"] * bool(self.server.password)
            lines = ["localhost", *offers]
            self._reply("\r\n".join([*(f"250-{offer}" for offer in lines[:-1]), f"250 {lines[-1]}"]))
        elif upper == "STARTTLS":
            self._reply("220 go on")
            self._encrypt()
        elif upper.startswith("AUTH PLAIN"):
            _, _, password = base64.b64decode(line.split()[2]).decode().split("\0")
            self.signed_in = password == self.server.password
            self._reply("235 welcome" if self.signed_in else f"535 {password} is wrong")
        elif upper.startswith("RCPT") and (self.server.refused == "all" or f"<{self.server.refused}>" in line):
            self._reply(f"550 {line} is unknown")
        elif upper == "DATA" and (self.server.security != "none") <= self.encrypted:
            self._take()
        else:
            self.server.recipients += [line] * upper.startswith("RCPT")
            self._reply("221 bye" if upper == "QUIT" else "250 well")

    def _take(self) -> None:
        if self.server.password and not self.signed_in:
            self._reply("530 sign in first")
            return
        self._reply("354 go on")
        content = b"".join(iter(self.lines.readline, b".\r\n"))
        self.server.emails.append(email.message_from_bytes(content))
        self._reply("250 taken")

    def _encrypt(self) -> None:
        self.lines.close()
        self.request = self.server.context.wrap_socket(self.request, server_side=True)
        self.lines = self.request.makefile("rb")
        self.encrypted = True

    def _reply(self, text: str) -> None:
        self.request.sendall(f"{text}\r\n".encode())


def certificate_in(folder: Path) -> Path:
    """Write a key and a self-signed certificate for 127.0.0.1 to a file, and return its path."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private + certificate.public_bytes(pem))
    return path
