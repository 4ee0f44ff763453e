"""Throwaway certificates, made with the openssl command line."""

import base64
import os
import pathlib
import shutil
import subprocess

# name: (host, digest, key options). The host's wildcard and 127.0.0.1 are in every certificate too.
CERTIFICATES = {
    "ca": ("a.test", "sha256", ["RSA", "rsa_keygen_bits:2048"]),
    "rsa": ("a.test", "sha256", ["RSA", "rsa_keygen_bits:2048"]),
    "rsa-b": ("b.test", "sha256", ["RSA", "rsa_keygen_bits:2048"]),
    "rsa-c": ("c.test", "sha256", ["RSA", "rsa_keygen_bits:2048"]),
    "rsa-sha1": ("a.test", "sha1", ["RSA", "rsa_keygen_bits:2048"]),
    "rsa1024": ("a.test", "sha256", ["RSA", "rsa_keygen_bits:1024"]),
    "rsa4096": ("a.test", "sha256", ["RSA", "rsa_keygen_bits:4096"]),
    "ecdsa": ("a.test", "sha256", ["EC", "ec_paramgen_curve:P-256"]),
    "ecdsa-b": ("b.test", "sha256", ["EC", "ec_paramgen_curve:P-256"]),
    "ec384": ("a.test", "sha256", ["EC", "ec_paramgen_curve:P-384"]),
    "ec384-sha384": ("a.test", "sha384", ["EC", "ec_paramgen_curve:P-384"]),
    "ec521": ("a.test", "sha512", ["EC", "ec_paramgen_curve:P-521"]),
    "ed25519": ("a.test", None, ["ED25519"]),
    "ed448": ("a.test", None, ["ED448"]),
    "rsa-pss": ("a.test", "sha256", ["RSA-PSS", "rsa_keygen_bits:2048"]),
}
# name: (issuer, host, digest). The issuer's certificate stands behind the leaf's, as servers send it.
LEAVES = {
    "rsa-leaf": ("ca", "a.test", "sha256"),
    "ecdsa-leaf": ("ecdsa", "a.test", "sha256"),
    "ec384-leaf": ("ec384-sha384", "a.test", "sha384"),
}
# Directories of certificates, and the two halves of a bundle, as HAProxy reads them.
DIRECTORIES = {
    "kinds": {"1-ecdsa.pem": "ecdsa.pem", "2-rsa.pem": "rsa.pem"},
    "names": {"b.pem": "rsa-b.pem", "a.pem": "rsa.pem"},
    "bundle": {"both.pem.rsa": "rsa.pem", "both.pem.ecdsa": "ecdsa.pem"},
    # Keys in files of their own: by the whole name, and by the name without its ending.
    "split": {"rsa.crt": "rsa.crt", "rsa.crt.key": "rsa.key", "rsa.key": "rsa.key", "ecdsa.crt": "ecdsa.crt", "ecdsa.key": "ecdsa.key"},
    # What a directory may hold besides certificates.
    "mixed": {"c.pem": "rsa-c.pem", "a.pem": "ecdsa-b.pem", "a.pem.key": "ecdsa-b.key", ".b.pem": "rsa.pem", "d.ocsp.pem": "rsa.pem"},
}

# What an upstream may show: under the CA's name or its own, for the names that generated configurations ask for or not.
UPSTREAM_NAMES = ["n.test", "up.a.test", "h.test", "front.test", "back1.test", "back2.test", "127.0.0.1"]
UPSTREAM_CERTIFICATES = {
    "right": (UPSTREAM_NAMES, True),
    "wrong-name": (["other.test"], True),
    "untrusted": (UPSTREAM_NAMES, False),
}
UPSTREAM_KEYS = {"rsa": CERTIFICATES["rsa"][2], "ecdsa": CERTIFICATES["ecdsa"][2]}

# The 1024-bit MODP group of RFC 2409, section 6.2.
OAKLEY_GROUP_2 = bytes.fromhex(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF"
)


def make(directory):
    """Writes NAME.crt, NAME.key and NAME.pem for each certificate, and DH parameters, into `directory`."""
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    for name, (host, digest, key) in CERTIFICATES.items():
        make_certificate(directory, name, host, digest, key)
    for name, (issuer, host, digest) in LEAVES.items():
        make_leaf(directory, name, issuer, host, digest)
    for kind, (names, trusted) in UPSTREAM_CERTIFICATES.items():
        for algorithm, key in UPSTREAM_KEYS.items():
            make_upstream_certificate(directory, f"upstream-{kind}-{algorithm}", names, key, trusted)
    # Published primes, because finding one's own takes long.
    openssl(directory, "genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "group:ffdhe2048", "-out", "dh2048.pem")
    (directory / "dh1024.pem").write_text(dh_parameters(OAKLEY_GROUP_2))
    (directory / "rsa-dh.pem").write_text((directory / "rsa.pem").read_text() + (directory / "dh2048.pem").read_text())
    for name, copies in DIRECTORIES.items():
        (directory / name).mkdir(exist_ok=True)
        for copy, original in copies.items():
            shutil.copy(directory / original, directory / name / copy)
    for path in directory.rglob("*.*"):
        path.chmod(0o644)


def make_certificate(directory, name, host, digest, key):
    make_key(directory, name, key)
    request = ["req", "-x509", "-new", "-key", f"{name}.key", "-days", "7300", "-subj", f"/CN={host}"]
    request += ["-addext", f"subjectAltName=DNS:{host},DNS:*.{host},IP:127.0.0.1"]
    if name == "ca":
        request += ["-addext", "basicConstraints=critical,CA:TRUE"]
    openssl(directory, *request, *([f"-{digest}"] if digest else []), "-out", f"{name}.crt")
    both = (directory / f"{name}.crt").read_text() + (directory / f"{name}.key").read_text()
    (directory / f"{name}.pem").write_text(both)


def make_leaf(directory, name, issuer, host, digest):
    make_key(directory, name, CERTIFICATES[issuer][2])
    openssl(directory, "req", "-new", "-key", f"{name}.key", "-subj", f"/CN={host} leaf", "-out", f"{name}.csr")
    (directory / f"{name}.ext").write_text(f"subjectAltName=DNS:{host},DNS:*.{host}\n")
    signer = ["-CA", f"{issuer}.crt", "-CAkey", f"{issuer}.key", "-CAcreateserial", f"-{digest}"]
    request = ["x509", "-req", "-in", f"{name}.csr", "-days", "7300", "-extfile", f"{name}.ext", *signer]
    openssl(directory, *request, "-out", f"{name}.crt")
    chain = (directory / f"{name}.crt").read_text() + (directory / f"{issuer}.crt").read_text()
    (directory / f"{name}.crt").write_text(chain)
    (directory / f"{name}.pem").write_text(chain + (directory / f"{name}.key").read_text())


def make_key(directory, name, key):
    algorithm, *options = key
    options = [word for option in options for word in ("-pkeyopt", option)]
    openssl(directory, "genpkey", "-algorithm", algorithm, *options, "-out", f"{name}.key")


def make_upstream_certificate(directory, name, hosts, key, trusted):
    make_key(directory, name, key)
    # nginx checks a name that is an address against DNS names too.
    names = "subjectAltName=" + ",".join([f"DNS:{host}" for host in hosts] + ["IP:127.0.0.1"] * ("127.0.0.1" in hosts))
    openssl(directory, "req", "-new", "-key", f"{name}.key", "-subj", f"/CN={hosts[0]}", "-out", f"{name}.csr")
    (directory / f"{name}.ext").write_text(names + "\n")
    signer = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial"] if trusted else ["-signkey", f"{name}.key"]
    request = ["x509", "-req", "-in", f"{name}.csr", "-days", "7300", "-extfile", f"{name}.ext", *signer]
    openssl(directory, *request, "-out", f"{name}.crt")


def dh_parameters(prime):
    """A PEM file of DHParameter { prime, base 2 } (PKCS #3), for a prime of 1024 bits."""
    integer = b"\x02\x81\x81\x00" + prime
    content = integer + b"\x02\x01\x02"
    text = base64.encodebytes(b"\x30\x81" + bytes([len(content)]) + content).decode()
    return f"-----BEGIN DH PARAMETERS-----\n{text}-----END DH PARAMETERS-----\n"


def openssl(directory, *arguments):
    # Without the system's openssl.cnf, which may forbid a short key; `req` wants some file, however empty.
    environment = os.environ | {"OPENSSL_CONF": os.devnull}
    done = subprocess.run(["openssl", *arguments], cwd=directory, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"openssl {' '.join(arguments)}: {done.stderr.strip()}")
