"""What runs on the node: each program with its arguments, and the files they read. Nothing is started here."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from .home import Home, write_whole
from .network import Link
from .pki import NODE_NAME

POD_RANGE = "10.90.0.0/16"
SERVICE_RANGE = "10.96.0.0/16"

KUBELET_ROOT = Path("/var/lib/kubelet")
"""Inside the node's mount namespace this is the run folder's ``kubelet``; the host's own folder is not touched."""

SECCOMP_ROOT = KUBELET_ROOT / "seccomp"
PAUSE_IMAGE = "localhost/jobhunter-pause:dev"


@dataclass(frozen=True)
class Daemon:
    """A program of the node. Those with ``after_api`` are started once the API server says it is ready."""

    name: str
    argv: list[str]
    after_api: bool = False


@dataclass(frozen=True)
class NodePlan:
    """All that the first process of the node's namespaces needs to know; it reads it from JSON."""

    home: str
    link_name: str
    subnet: str
    daemons: list[Daemon]

    def write(self, path: Path) -> None:
        """Writes it for ``node_init``."""
        write_whole(path, json.dumps(asdict(self), indent=1))

    @classmethod
    def read(cls, path: Path) -> NodePlan:
        """Reads what ``write`` wrote."""
        fields = json.loads(path.read_text())
        daemons = [Daemon(**daemon) for daemon in fields.pop("daemons")]
        return cls(**fields, daemons=daemons)


def cgroup_name(home: Home) -> str:
    """The cgroup that the kubelet puts pods into."""
    return f"jobhunter-{home.ident}"


def write_files(home: Home, link: Link) -> NodePlan:
    """Writes the configuration files under ``home.run`` and returns what is to be started."""
    for folder in ("cni", "etcd", "kubelet", "pod-logs", "volumes"):
        (home.run / folder).mkdir(parents=True, exist_ok=True)
    write_whole(home.run / "cni" / "10-bridge.conflist", json.dumps(_cni(home), indent=1))
    write_whole(home.run / "containerd.toml", _containerd(home))
    write_whole(home.run / "kubelet.json", json.dumps(_kubelet(home, link), indent=1))
    write_whole(home.run / "Corefile", _corefile(home, link))
    write_whole(home.run / "resolv.conf", f"nameserver {link.node}\n")
    plan = NodePlan(str(home.path), link.name, str(link.subnet), _daemons(home, link))
    plan.write(home.run / "node.json")
    return plan


def _daemons(home: Home, link: Link) -> list[Daemon]:
    pki, binaries = home.pki, home.bin
    etcd = "http://127.0.0.1:2379"
    return [
        Daemon("containerd", ["containerd", "--config", f"{home.run}/containerd.toml"]),
        Daemon(
            "etcd",
            [
                f"{binaries}/etcd",
                f"--data-dir={home.run}/etcd",
                f"--listen-client-urls={etcd}",
                f"--advertise-client-urls={etcd}",
                "--listen-peer-urls=http://127.0.0.1:2380",
                "--unsafe-no-fsync",  # the data lives no longer than the cluster
            ],
        ),
        Daemon(
            "kube-apiserver",
            [
                f"{binaries}/kube-apiserver",
                f"--etcd-servers={etcd}",
                "--secure-port=6443",
                f"--advertise-address={link.node}",
                f"--tls-cert-file={pki}/apiserver.crt",
                f"--tls-private-key-file={pki}/apiserver.key",
                f"--client-ca-file={pki}/ca.crt",
                f"--requestheader-client-ca-file={pki}/ca.crt",
                "--requestheader-allowed-names=front-proxy-client",  # nobody has a certificate of that name
                "--requestheader-username-headers=X-Remote-User",
                "--requestheader-group-headers=X-Remote-Group",
                "--requestheader-extra-headers-prefix=X-Remote-Extra-",
                f"--service-account-key-file={pki}/sa.pub",
                f"--service-account-signing-key-file={pki}/sa.key",
                "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
                f"--service-cluster-ip-range={SERVICE_RANGE}",
                "--authorization-mode=Node,RBAC",
                "--enable-admission-plugins=NodeRestriction",
                f"--kubelet-client-certificate={pki}/admin.crt",
                f"--kubelet-client-key={pki}/admin.key",
                "--kubelet-preferred-address-types=InternalIP",  # the node's name resolves nowhere
                "--allow-privileged=true",
            ],
        ),
        Daemon(
            "kube-controller-manager",
            [
                f"{binaries}/kube-controller-manager",
                f"--kubeconfig={pki}/controller-manager.kubeconfig",
                f"--authentication-kubeconfig={pki}/controller-manager.kubeconfig",
                f"--authorization-kubeconfig={pki}/controller-manager.kubeconfig",
                f"--root-ca-file={pki}/ca.crt",
                f"--service-account-private-key-file={pki}/sa.key",
                f"--cluster-cidr={POD_RANGE}",
                "--use-service-account-credentials",
                "--leader-elect=false",
            ],
            after_api=True,
        ),
        Daemon(
            "kube-scheduler",
            [
                f"{binaries}/kube-scheduler",
                f"--kubeconfig={pki}/scheduler.kubeconfig",
                f"--authentication-kubeconfig={pki}/scheduler.kubeconfig",
                f"--authorization-kubeconfig={pki}/scheduler.kubeconfig",
                "--leader-elect=false",
            ],
            after_api=True,
        ),
        Daemon(
            "kubelet",
            [
                f"{binaries}/kubelet",
                f"--config={home.run}/kubelet.json",
                f"--kubeconfig={pki}/kubelet.kubeconfig",
                f"--hostname-override={NODE_NAME}",
                f"--root-dir={KUBELET_ROOT}",
                f"--node-ip={link.node}",
                f"--cert-dir={home.run}/kubelet-pki",
            ],
            after_api=True,
        ),
        Daemon(
            "kube-proxy",
            [
                f"{binaries}/kube-proxy",
                f"--kubeconfig={pki}/proxy.kubeconfig",
                f"--cluster-cidr={POD_RANGE}",
                f"--hostname-override={NODE_NAME}",
                "--proxy-mode=iptables",
                "--conntrack-max-per-core=0",  # the limit belongs to the host
            ],
            after_api=True,
        ),
        Daemon("coredns", [f"{binaries}/coredns", "-conf", f"{home.run}/Corefile"], after_api=True),
        Daemon(
            "provisioner",
            [f"{binaries}/provisioner", f"--kubeconfig={pki}/provisioner.kubeconfig", f"--root={home.run}/volumes"],
            after_api=True,
        ),
    ]


def _cni(home: Home) -> dict[str, object]:
    return {
        "cniVersion": "1.0.0",
        "name": "jobhunter",
        "plugins": [
            {
                "type": "bridge",
                "bridge": "cni0",
                "isGateway": True,
                "ipMasq": False,
                "hairpinMode": True,
                "ipam": {
                    "type": "host-local",
                    "ranges": [[{"subnet": POD_RANGE}]],
                    "routes": [{"dst": "0.0.0.0/0"}],
                    "dataDir": f"{home.run}/cni-addresses",
                },
            }
        ],
    }


def _containerd(home: Home) -> str:
    # The root is kept from one life of the cluster to the next, so that images need not be brought in again.
    # restrict_oom_score_adj: without CAP_SYS_RESOURCE no process may lower its score, and runc dies of trying.
    return f"""version = 2
root = "{home.path}/containerd"
state = "{home.run}/containerd"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.tracing.processor.v1.otlp"]
[grpc]
  address = "{home.containerd_socket}"
[ttrpc]
  address = "{home.containerd_socket}.ttrpc"
[plugins."io.containerd.grpc.v1.cri"]
  restrict_oom_score_adj = true
  sandbox_image = "{PAUSE_IMAGE}"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{home.run}/cni"
"""


def _kubelet(home: Home, link: Link) -> dict[str, object]:
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": f"{home.pki}/ca.crt"},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": f"{home.pki}/kubelet.crt",
        "tlsPrivateKeyFile": f"{home.pki}/kubelet.key",
        "containerRuntimeEndpoint": f"unix://{home.containerd_socket}",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{cgroup_name(home)}",
        "failCgroupV1": False,
        "failSwapOn": False,
        "clusterDNS": [link.node],
        "clusterDomain": "cluster.local",
        "resolvConf": f"{home.run}/resolv.conf",
        "podLogsDir": f"{home.run}/pod-logs",
        "volumePluginDir": f"{home.run}/volume-plugins",
        "seccompDefault": True,
        # A developer's disk is often nearly full: nothing is evicted for it, and no image collected.
        "evictionHard": {
            "memory.available": "0%",
            "nodefs.available": "0%",
            "nodefs.inodesFree": "0%",
            "imagefs.available": "0%",
            "imagefs.inodesFree": "0%",
        },
        "imageGCHighThresholdPercent": 100,
    }


def _corefile(home: Home, link: Link) -> str:
    # Whatever is not the cluster's does not exist: there is no server to ask.
    return f"""cluster.local:53 in-addr.arpa:53 ip6.arpa:53 {{
  bind {link.node}
  errors
  kubernetes cluster.local in-addr.arpa ip6.arpa {{
    kubeconfig {home.pki}/coredns.kubeconfig
  }}
}}
.:53 {{
  bind {link.node}
  errors
  template ANY ANY {{
    rcode NXDOMAIN
  }}
}}
"""
