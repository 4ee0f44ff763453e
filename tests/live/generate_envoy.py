"""Random Envoy bootstraps: listeners with filter chains, certificates, secrets, parameters, policies, clusters."""

import re

import generate_ciphers
import yaml_text
from case import Case
from yaml_text import Map

TLS = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3"
FILTERS = "type.googleapis.com/envoy.extensions.filters"
VERSIONS = ["TLSv1_0", "TLSv1_1", "TLSv1_2", "TLSv1_3"]
ENUM_NUMBERS = {"TLS_AUTO": 0, "TLSv1_0": 1, "TLSv1_1": 2, "TLSv1_2": 3, "TLSv1_3": 4}
CURVES = [["X25519", "x25519"], ["P-256", "prime256v1"], ["P-384", "secp384r1"], ["P-521", "secp521r1"],
          ["X25519MLKEM768"]]  # fmt: skip
CERTIFICATES = ["rsa"] * 6 + ["rsa-b", "rsa-c", "ecdsa", "ecdsa", "ecdsa-b", "ec384", "rsa4096", "ed25519"]
PAIRS = [["rsa", "ecdsa"], ["ecdsa", "rsa"], ["rsa", "rsa-b"], ["ec384", "rsa"], ["rsa-b", "ecdsa"], ["ecdsa", "ecdsa-b"],
         ["ed25519", "rsa-b"], ["ecdsa", "ed25519"], ["ecdsa-b", "rsa", "rsa-c"]]  # fmt: skip
SIGNATURES = ["rsa_pss_rsae_sha256", "rsa_pkcs1_sha256", "ecdsa_secp256r1_sha256", "ecdsa_secp384r1_sha384",
              "rsa_pss_rsae_sha512", "ed25519", "RSA+SHA1", "ECDSA+SHA512", "rsa_pkcs1_sha384"]  # fmt: skip
CHAIN_NAMES = [["a.test"], ["b.test"], ["*.b.test"], ["a.test", "c.test"], ["*.test"], ["d.test"]]
ASKED_NAMES = [None, "a.test", "b.test", "x.b.test", "zz.test"]


def generate(random, _release=()):
    """One bootstrap with its probes and upstreams."""
    return Generator(random).case()


class Generator:
    def __init__(self, random):
        self.random = random
        self.probes = []
        self.upstreams = []
        self.files = {}
        self.secrets = {}
        # The chance that something in it is refused, decided once, or most files of several listeners would be.
        self.faults = random.random() < 0.2
        # Resources from files: a bad one is left out while the server starts, so these hold nothing that is refused.
        self.dynamic = not self.faults and random.random() < 0.1

    def case(self):
        random = self.random
        resources = Map()
        listeners = [self.listener(number) for number in range(1, random.choice([2, 2, 3, 4]))]
        clusters = []
        for number in range(1, random.choice([1, 1, 2, 3])):
            listeners.append(self.front(number))
            clusters.append(self.cluster(number))
        dynamic = Map()
        if self.dynamic:
            dynamic.append(("lds_config", self.resource_file("lds.yaml", "listener.v3.Listener", listeners)))
        else:
            resources.append(("listeners", listeners))
        if clusters and self.dynamic and random.random() < 0.5:
            dynamic.append(("cds_config", self.resource_file("cds.yaml", "cluster.v3.Cluster", clusters)))
        elif clusters:
            resources.append(("clusters", clusters))
        if self.secrets:
            resources.append(("secrets", [{"name": name, **secret} for name, secret in self.secrets.items()]))
        bootstrap = Map([("static_resources", resources)])
        if dynamic:
            bootstrap.append(("dynamic_resources", dynamic))
        if self.files:
            # Whoever reads resources from files has to say who it is.
            bootstrap.insert(0, ("node", {"id": "n", "cluster": "c"}))
        if self.fault(0.05):
            bootstrap.append(("static_resource", {}))
        if random.random() < 0.15:
            main = "envoy.json"
            self.files[main] = yaml_text.as_json(self.spelled(yaml_text.as_map(bootstrap)))
        else:
            main = "envoy.yaml"
            self.files[main] = yaml_text.yaml(random, self.spelled(yaml_text.as_map(bootstrap)))
            if random.random() < 0.05:
                self.files[main] += "---\nstatic_resources: {nonsense: true}\n"
        self.random.shuffle(self.probes)
        about = f"{len(listeners)} listeners, {len(self.probes)} probes, {len(self.upstreams)} upstreams"
        return Case("envoy", about, self.files, self.probes, self.upstreams, main=None if main == "envoy.yaml" else main)

    def resource_file(self, name, kind, resources):
        """Writes `resources` to a file of their own; the configuration source that reads it."""
        kind = f"type.googleapis.com/envoy.config.{kind}"
        listed = [Map([("@type", kind), *resource]) for resource in resources]
        self.files[name] = yaml_text.yaml(self.random, self.spelled(yaml_text.as_map(Map([("resources", listed)]))))
        return {"path_config_source": {"path": f"@DIR@/{name}"}, "resource_api_version": "V3"}

    def fault(self, chance):
        return self.faults and self.random.random() < chance

    def spelled(self, tree):
        """Field names in camel case here and there, as the JSON form of the API allows."""
        camel = self.random.choice([0, 0, 0, 0.3, 1])

        def walk(value):
            if isinstance(value, Map):
                return Map((spell(key), walk(inner)) for key, inner in value)
            return [walk(inner) for inner in value] if isinstance(value, list) else value

        def spell(key):
            if key.startswith("@") or "." in key or self.random.random() >= camel:
                return key
            return re.sub("_([a-z])", lambda match: match[1].upper(), key)

        return walk(tree)

    # The listening side.

    def listener(self, number):
        random, port = self.random, f"P{number}"
        for name in random.sample(ASKED_NAMES, 2):
            self.probes.append({"name": f"{port}-{name or 'no-sni'}", "port": port, "sni": name})
        listener = Map([("name", f"l{number}"), ("address", address(port))])
        if random.random() < 0.55:
            chains = [self.chain(None)]
        else:
            names = random.sample(CHAIN_NAMES, random.randint(1, 3))
            names = [listed for at, listed in enumerate(names) if not any(set(listed) & set(other) for other in names[:at])]
            chains = [self.chain(listed) for listed in names]
            if random.random() < 0.4:
                chains.insert(random.randint(0, len(chains)), self.chain(None))
            if random.random() < 0.75:
                listener.append(("listener_filters", [inspector()]))
        listener.append(("filter_chains", chains))
        if random.random() < 0.15:
            listener.append(("default_filter_chain", self.chain(None)))
        return listener

    def chain(self, names):
        chain = Map()
        if names:
            chain.append(("filter_chain_match", {"server_names": names}))
        chain.append(("filters", [echo()]))
        if self.random.random() < 0.95:
            chain.append(("transport_socket", self.wrapped(self.downstream())))
        return chain

    def wrapped(self, context):
        kind = self.random.random()
        name = self.random.choice(["envoy.transport_sockets.tls"] * 9 + ["anything"])
        socket = Map([("name", name), ("typed_config", context)])
        if kind < 0.02:
            config = {"@type": "type.googleapis.com/envoy.extensions.transport_sockets.starttls.v3.StartTlsConfig"}
            inner = Map((key, value) for key, value in context if key != "@type")
            config |= {"cleartext_socket_config": {}, "tls_socket_config": inner}
            return {"name": "envoy.transport_sockets.starttls", "typed_config": config}
        if kind < 0.04:
            return {
                "name": "envoy.transport_sockets.raw_buffer",
                "typed_config": {"@type": "type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer"},
            }
        return tapped(socket) if kind < 0.07 else socket

    def downstream(self):
        random = self.random
        common = self.certificates()
        if random.random() < 0.75:
            common.append(("tls_params", self.parameters()))
        if random.random() < 0.1:
            common.append(("alpn_protocols", ["h2", "http/1.1"]))
        if random.random() < 0.1:
            common.append(("validation_context", {"trusted_ca": {"filename": "@CERTS@/ca.crt"}}))
        random.shuffle(common)
        context = Map([("@type", f"{TLS}.DownstreamTlsContext"), ("common_tls_context", common)])
        fields = ["require_client_certificate", "require_sni", "prefer_client_ciphers", "full_scan_certs_on_sni_mismatch"]
        for field in [*fields, "disable_stateless_session_resumption"]:
            if random.random() < 0.1:
                context.append((field, True))
        if self.fault(0.05):
            context.append(random.choice([("sni", "a.test"), ("tls_params", {}), ("require_clientcertificate", True)]))
        return context

    def certificates(self):
        random = self.random
        if self.fault(0.05):
            return Map()
        names = random.choice(PAIRS) if random.random() < 0.2 else [random.choice(CERTIFICATES)]
        if self.fault(0.06):
            names = ["rsa1024"]
        kind = random.random()
        if kind < 0.1:
            self.secrets[f"static-{names[0]}"] = {"tls_certificate": certificate(names[0])}
            return Map([("tls_certificate_sds_secret_configs", [{"name": f"static-{names[0]}"}])])
        if kind < 0.15:
            name = f"sds-{names[0]}.yaml"
            secret = Map([("@type", f"{TLS}.Secret"), ("name", "file"), ("tls_certificate", certificate(names[0]))])
            self.files[name] = yaml_text.yaml(random, Map([("resources", [secret])]))
            source = {"path_config_source": {"path": f"@DIR@/{name}"}, "resource_api_version": "V3"}
            return Map([("tls_certificate_sds_secret_configs", [{"name": "file", "sds_config": source}])])
        listed = []
        for name in names:
            entry = certificate(name)
            if kind > 0.9:
                entry["certificate_chain"] = {"inline_string": f"@PEM:{name}.crt@"}
            if random.random() < 0.12 and not self.dynamic:
                entry["tls_params"] = self.parameters()
            listed.append(entry)
        return Map([("tls_certificates", listed)])

    # Parameters of both sides.

    def parameters(self):
        random, out = self.random, Map()
        low, high = random.random(), random.random()
        if low < 0.5:
            out.append(("tls_minimum_protocol_version", self.version([*VERSIONS, "TLS_AUTO"])))
        if high < 0.4:
            out.append(("tls_maximum_protocol_version", self.version([*VERSIONS[1:], "TLSv1_2", "TLSv1_3", "TLS_AUTO"])))
        if random.random() < 0.4:
            if self.dynamic:
                suites = random.sample(generate_ciphers.BORING_SUITES[:10], random.randint(1, 4))
            else:
                suites = generate_ciphers.boringssl(random, self.faults)
            out.append(("cipher_suites", suites))
        if random.random() < 0.3:
            out.append(("ecdh_curves", self.curves()))
        if random.random() < 0.06:
            out.append(("signature_algorithms", random.sample(SIGNATURES, random.randint(2, 5))))
        if random.random() < 0.08:
            newer = [] if self.dynamic else ["CNSA1_202603", "CNSA2_202603"]
            policies = [random.choice(["FIPS_202205", *newer, 0, "fips_202205"])]
            out.append(("compliance_policies", policies * 2 if self.fault(0.2) else policies))
        random.shuffle(out)
        if random.random() < 0.03 and out:
            key, value = random.choice(out)
            out.append((key, self.version(VERSIONS) if "version" in key else value))
        if random.random() < 0.03:
            out.append(("cipher_suites", []) if "cipher_suites" not in dict(out) else ("signature_algorithms", []))
        if self.fault(0.08):
            out.append(random.choice([("tls_minimum_version", "TLSv1_2"), ("<<", {}), ("cipherSuites", "ALL")]))
        return out

    def version(self, among):
        random, name = self.random, self.random.choice(among)
        if self.fault(0.05):
            return random.choice(["TLSv1.2", "TLS1_2", 7, "1.2"])
        style = random.random()
        if style < 0.8:
            return name
        number = ENUM_NUMBERS[name]
        return random.choice([name.lower(), name.upper(), number, str(number)])

    def curves(self):
        names = [self.random.choice(group) for group in self.random.sample(CURVES, self.random.randint(1, 4))]
        if self.random.random() < 0.06:
            names.append("MLKEM1024")
        if self.fault(0.1):
            names.append(self.random.choice(["NOPE", "X448", "P-256:P-384"]))
        return names

    # The connecting side.

    def front(self, number):
        port = f"P{number + 5}"
        self.upstreams.append({"name": f"u{number}", "port": f"U{number}", "trigger": {"port": port}})
        filters = [http_proxy(number) if self.random.random() < 0.5 else tcp_proxy(number)]
        return Map([("name", f"f{number}"), ("address", address(port)), ("filter_chains", [Map([("filters", filters)])])])

    def cluster(self, number):
        random = self.random
        endpoint = {"endpoint": {"address": address(f"U{number}")}}
        cluster = Map([("name", f"c{number}"), ("type", "STATIC"), ("connect_timeout", "5s")])
        if random.random() < 0.15:
            cluster[1] = ("type", random.choice(["STRICT_DNS", "LOGICAL_DNS", "strict_dns"]))
            cluster.append(("dns_lookup_family", "V4_ONLY"))
            endpoint["endpoint"]["address"]["socket_address"]["address"] = "localhost"
        if random.random() < 0.1:
            endpoint["endpoint"]["hostname"] = "host.a.test"
        if random.random() < 0.1:
            matched = Map([("name", "m"), ("match", {"kind": "one"}), ("transport_socket", self.upstream_socket())])
            cluster.append(("transport_socket_matches", [matched]))
            if random.random() < 0.6:
                kind = random.choice(["one", "two"])
                endpoint["metadata"] = {"filter_metadata": {"envoy.transport_socket_match": {"kind": kind}}}
        cluster.append(("load_assignment", {"cluster_name": f"c{number}", "endpoints": [{"lb_endpoints": [endpoint]}]}))
        if random.random() < 0.92:
            cluster.append(("transport_socket", self.upstream_socket()))
        return cluster

    def upstream_socket(self):
        random, common = self.random, Map()
        if random.random() < 0.7:
            common.append(("tls_params", self.parameters()))
        context = Map([("@type", f"{TLS}.UpstreamTlsContext"), ("common_tls_context", common)])
        if random.random() < 0.45:
            context.append(("sni", random.choice(["n.test", "up.a.test"])))
        if random.random() < 0.4:
            common.append(self.validation())
            if random.random() < 0.2:
                context.append(("auto_sni_san_validation", True))
        if random.random() < 0.1:
            own = {"tls_params": self.parameters()} if random.random() < 0.3 else {}
            common.append(("tls_certificates", [certificate("rsa") | own]))
        if random.random() < 0.15:
            context.append(("auto_host_sni", True))
        if self.fault(0.04):
            context[0] = ("@type", f"{TLS}.DownstreamTlsContext")
        socket = Map([("name", "envoy.transport_sockets.tls"), ("typed_config", context)])
        return tapped(socket) if random.random() < 0.03 else socket

    def validation(self):
        """A validation context, inline or as a secret, and its field."""
        random = self.random
        context = {"trusted_ca": {"filename": "@CERTS@/ca.crt"}}
        if random.random() < 0.4:
            context["match_typed_subject_alt_names"] = [{"san_type": "DNS", "matcher": {"exact": "n.test"}}]
        if random.random() < 0.1:
            context["trust_chain_verification"] = "ACCEPT_UNTRUSTED"
        if random.random() < 0.1:
            context = {}
        if self.fault(0.1):
            context.pop("trusted_ca", None)
        kind = random.random()
        if kind < 0.1:
            self.secrets["roots"] = {"validation_context": context}
            return ("validation_context_sds_secret_config", {"name": "roots"})
        if kind < 0.2:
            self.secrets["defaults"] = {"validation_context": {"trusted_ca": {"filename": "@CERTS@/ca.crt"}}}
            default = {key: value for key, value in context.items() if key != "trusted_ca"}
            combined = {"default_validation_context": default, "validation_context_sds_secret_config": {"name": "defaults"}}
            return ("combined_validation_context", combined)
        return ("validation_context", context)


def certificate(name):
    return {"certificate_chain": {"filename": f"@CERTS@/{name}.crt"}, "private_key": {"filename": f"@CERTS@/{name}.key"}}


def tapped(socket):
    kind = "type.googleapis.com/envoy.extensions.transport_sockets.tap.v3.Tap"
    sink = {"format": "PROTO_BINARY", "file_per_tap": {"path_prefix": "@DIR@/tap"}}
    static = {"match": {"any_match": True}, "output_config": {"sinks": [sink]}}
    config = {"@type": kind, "common_config": {"static_config": static}, "transport_socket": socket}
    return Map([("name", "envoy.transport_sockets.tap"), ("typed_config", config)])


def address(port):
    return {"socket_address": {"address": "127.0.0.1", "port_value": f"@{port}@"}}


def inspector():
    kind = f"{FILTERS}.listener.tls_inspector.v3.TlsInspector"
    return {"name": "envoy.filters.listener.tls_inspector", "typed_config": {"@type": kind}}


def echo():
    return {"name": "envoy.filters.network.echo", "typed_config": {"@type": f"{FILTERS}.network.echo.v3.Echo"}}


def tcp_proxy(number):
    kind = f"{FILTERS}.network.tcp_proxy.v3.TcpProxy"
    config = {"@type": kind, "stat_prefix": f"t{number}", "cluster": f"c{number}"}
    return {"name": "envoy.filters.network.tcp_proxy", "typed_config": config}


def http_proxy(number):
    route = {"match": {"prefix": "/"}, "route": {"cluster": f"c{number}"}}
    router = {"name": "envoy.filters.http.router", "typed_config": {"@type": f"{FILTERS}.http.router.v3.Router"}}
    config = {
        "@type": f"{FILTERS}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": f"h{number}",
        "route_config": {"virtual_hosts": [{"name": "v", "domains": ["*"], "routes": [route]}]},
        "http_filters": [router],
    }
    return {"name": "envoy.filters.network.http_connection_manager", "typed_config": config}
