"""The cluster's certificates and kubeconfigs, made by openssl, kept until the address changes or they run out."""

from __future__ import annotations

from pathlib import Path

from .command import output_of
from .errors import StepFailed
from .home import Home, remove_tree, write_whole
from .network import Link

NODE_NAME = "jobhunter"
SERVICE_ADDRESS = "10.96.0.1"
"""The first address of node.SERVICE_RANGE: the API server as pods know it."""

DAYS = 365
RENEW_WITHIN_SECONDS = 7 * 86400

CLIENTS = {
    "admin": "/O=system:masters/CN=admin",
    "controller-manager": "/CN=system:kube-controller-manager",
    "scheduler": "/CN=system:kube-scheduler",
    "proxy": "/CN=system:kube-proxy",
    "kubelet": f"/O=system:nodes/CN=system:node:{NODE_NAME}",
    "coredns": "/O=system:masters/CN=coredns",
    "provisioner": "/O=system:masters/CN=provisioner",
}
"""Who gets a certificate and a kubeconfig, and the subject that RBAC knows it by."""


def ensure(home: Home, link: Link) -> None:
    """Makes the certificates unless those that are there are for this address and good for a week more."""
    stamp = home.pki / "address"
    if stamp.exists() and stamp.read_text() == link.node and _still_good(home.pki / "apiserver.crt"):
        return
    remove_tree(home.pki)
    home.pki.mkdir(mode=0o700)
    _authority(home.pki)
    _certificate(
        home.pki,
        "apiserver",
        "/CN=kube-apiserver",
        [
            f"IP:{link.node}",
            "IP:127.0.0.1",
            f"IP:{SERVICE_ADDRESS}",
            "DNS:localhost",
            "DNS:kubernetes",
            "DNS:kubernetes.default",
            "DNS:kubernetes.default.svc",
            "DNS:kubernetes.default.svc.cluster.local",
        ],
    )
    for name, subject in CLIENTS.items():
        _certificate(home.pki, name, subject, [f"DNS:{NODE_NAME}", f"IP:{link.node}", "IP:127.0.0.1"])
        write_whole(home.pki / f"{name}.kubeconfig", _kubeconfig(home.pki, name, link), 0o600)
    write_whole(home.kubeconfig, output_of(_flattened(home)), 0o600)
    write_whole(stamp, link.node)


def _still_good(certificate: Path) -> bool:
    try:
        output_of(["openssl", "x509", "-checkend", str(RENEW_WITHIN_SECONDS), "-noout", "-in", certificate])
    except StepFailed:
        return False
    return True


def _authority(pki: Path) -> None:
    _key(pki / "ca.key")
    about = ["-subj", "/CN=jobhunter-local", "-days", str(DAYS)]
    output_of(["openssl", "req", "-x509", "-new", "-key", pki / "ca.key", "-out", pki / "ca.crt", *about])
    _key(pki / "sa.key")
    output_of(["openssl", "pkey", "-in", pki / "sa.key", "-pubout", "-out", pki / "sa.pub"])


def _certificate(pki: Path, name: str, subject: str, alternatives: list[str]) -> None:
    _key(pki / f"{name}.key")
    output_of(["openssl", "req", "-new", "-key", pki / f"{name}.key", "-subj", subject, "-out", pki / f"{name}.csr"])
    extensions = pki / f"{name}.ext"
    extensions.write_text(f"extendedKeyUsage=clientAuth,serverAuth\nsubjectAltName={','.join(alternatives)}\n")
    signed: list[str | Path] = ["-CA", pki / "ca.crt", "-CAkey", pki / "ca.key", "-CAcreateserial", "-days", str(DAYS)]
    request: list[str | Path] = ["-in", pki / f"{name}.csr", "-extfile", extensions, "-out", pki / f"{name}.crt"]
    output_of(["openssl", "x509", "-req", *signed, *request])


def _key(path: Path) -> None:
    output_of(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", path])
    path.chmod(0o600)


def _kubeconfig(pki: Path, name: str, link: Link) -> str:
    return f"""apiVersion: v1
kind: Config
clusters:
- name: jobhunter
  cluster: {{server: "{link.api_server}", certificate-authority: {pki}/ca.crt}}
users:
- name: {name}
  user: {{client-certificate: {pki}/{name}.crt, client-key: {pki}/{name}.key}}
contexts:
- name: jobhunter
  context: {{cluster: jobhunter, user: {name}}}
current-context: jobhunter
"""


def _flattened(home: Home) -> list[str | Path]:
    """The administrator's kubeconfig with the certificates inside, so that it may be copied elsewhere."""
    return [home.bin / "kubectl", "config", "view", "--flatten", "--kubeconfig", home.pki / "admin.kubeconfig"]
