"""Ed25519 signatures over receipts and certificates."""

from __future__ import annotations

import base64

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from google.protobuf.message import Message


class Signer:
    """Signs with this service's own key (base64 seed of 32 bytes)."""

    def __init__(self, seed: str) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(seed))

    @property
    def public_key(self) -> str:
        """The public key, base64."""
        return base64.b64encode(self._key.public_key().public_bytes_raw()).decode()

    def sign(self, content: bytes) -> bytes:
        """A signature of 64 bytes."""
        return self._key.sign(content)


def is_signed(content: bytes, signature: bytes, public_key: str) -> bool:
    """Whether the signature over the content was made with the key's other half."""
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key))
    try:
        key.verify(signature, content)
    except InvalidSignature:
        return False
    return True


def signed_content(message: Message) -> bytes:
    """What a message's `signature` field is made over: the message without it, deterministic."""
    bare = type(message)()
    bare.CopyFrom(message)
    bare.ClearField("signature")
    return bare.SerializeToString(deterministic=True)
