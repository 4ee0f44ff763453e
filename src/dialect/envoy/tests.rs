use super::*;
use crate::files::Memory;
use crate::setting::Setting;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

/// The model of `root`, next to other files, on a release.
fn model(root: &str, others: &[(&str, &str)], release: &str) -> Model {
    let mut files = vec![("envoy.yaml", root)];
    files.extend(others.iter().copied());
    let tree = Memory::new(files);
    let target = Target { envoy: Release::parse(release), ..Target::any() };
    let variables = BTreeMap::new();
    let context = Context {
        files: &tree,
        target: &target,
        variables: &variables,
        is_whole: false,
        asked: None,
        budget: &crate::budget::Budget::default(),
    };
    let source = crate::files::FileTree::read(&tree, Path::new("envoy.yaml")).unwrap();
    read(&[source], context)
}

/// One line for each endpoint, observation and refusal.
fn shown(root: &str) -> String {
    show(&model(root, &[], "1.40.0"))
}

fn show(model: &Model) -> String {
    let mut out = String::new();
    for endpoint in &model.endpoints {
        let protocols =
            endpoint.protocols.value().map_or("?".to_owned(), |protocols| protocols.set.to_string());
        let names: Vec<_> = endpoint.names.iter().map(|name| name.name.as_str()).collect();
        let default = if endpoint.is_default { " default" } else { "" };
        let _ = writeln!(
            out,
            "{} {:?} [{}]{default} {protocols}",
            endpoint.label,
            endpoint.transport,
            names.join(" ")
        );
        if let (Role::Client, Some(peer)) = (endpoint.role, &endpoint.peer) {
            let word =
                |setting: &Setting<bool>| setting.value().map_or("?", |yes| if *yes { "yes" } else { "no" });
            let sni = endpoint.sni.value().map_or("?", |sni| sni.as_deref().unwrap_or("none"));
            let _ = writeln!(out, "  chain {}, name {}, sni {sni}", word(&peer.chain), word(&peer.hostname));
        }
    }
    for observation in &model.observations {
        let _ = writeln!(out, "{:?}: {}", observation.kind, observation.message);
    }
    out
}

fn check(root: &str, expected: &str) {
    assert_eq!(shown(root).trim_end(), expected, "{root}");
}

const CERTIFICATE: &str =
    "tls_certificates: [{certificate_chain: {filename: a.crt}, private_key: {filename: a.key}}]";

/// A bootstrap with one listener on which `more` stands beside the address, and one chain.
fn listener(more: &str, rules: &str, params: &str) -> String {
    format!(
        "static_resources:\n  listeners:\n  - name: l\n    address: {{socket_address: {{address: 0.0.0.0, port_value: 443}}}}\n    {more}\n    \
         filter_chains:\n    - {rules}\n      transport_socket:\n        name: x\n        typed_config:\n          \
         '@type': type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext\n          \
         common_tls_context: {{{CERTIFICATE}, tls_params: {{{params}}}}}\n"
    )
}

fn cluster(context: &str) -> String {
    format!(
        "static_resources:\n  clusters:\n  - name: c\n    type: STRICT_DNS\n    load_assignment: {{endpoints: [{{lb_endpoints: [{{endpoint: \
         {{address: {{socket_address: {{address: up.test, port_value: 443}}}}}}}}]}}]}}\n    transport_socket:\n      name: x\n      \
         typed_config:\n        '@type': type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext\n        {context}\n"
    )
}

#[test]
fn defaults_depend_on_the_side() {
    check(&listener("", "filters: []", ""), "listener l on 0.0.0.0:443 Tls [] default TLSv1.2 TLSv1.3");
    let told = "listener l on 0.0.0.0:443 Tls [] default TLSv1 TLSv1.1 TLSv1.2 TLSv1.3\n";
    assert_eq!(show(&model(&listener("", "filters: []", ""), &[], "1.21.0")), told);
    check(&cluster("common_tls_context: {}"), "cluster c Tls [] TLSv1.2\n  chain no, name no, sni none");
}

#[test]
fn a_minimum_above_the_default_maximum_kills_a_cluster() {
    check(
        &cluster("common_tls_context: {tls_params: {tls_minimum_protocol_version: TLSv1_3}}"),
        "cluster c Tls [] \n  chain no, name no, sni none\n\
         EndpointDead: the minimum protocol version is above the default maximum, TLSv1.2: Envoy accepts that, and every connection fails without a ClientHello",
    );
}

#[test]
fn server_names_need_an_inspector() {
    let rules = "filter_chain_match: {server_names: [a.test, '*.b.test']}";
    check(
        &listener("", rules, ""),
        "listener l on 0.0.0.0:443, filter chain of a.test Tls [a.test *.b.test] TLSv1.2 TLSv1.3\n\
         EndpointDead: without a tls_inspector listener filter no server name is known: no connection is ever matched to this filter chain",
    );
    let inspector = "listener_filters: [{name: i, typed_config: {'@type': type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector}}]";
    let found = model(&listener(inspector, rules, ""), &[], "1.40.0");
    let ask = |sni: &str| !serves(&found, &question(sni, &[])).is_empty();
    assert!(ask("A.test") && ask("x.b.test") && ask("x.y.b.test") && !ask("b.test") && !ask("c.test"));
}

/// A client's question to port 443.
fn question(sni: &str, alpn: &[&str]) -> Question {
    let alpn = alpn.iter().map(|protocol| (*protocol).to_owned()).collect();
    Question { address: [127, 0, 0, 1].into(), port: 443, sni: Some(sni.to_owned()), quic: false, alpn }
}

#[test]
fn protocols_that_a_client_offers_lead_to_chains() {
    let rules = "filter_chain_match: {application_protocols: [h2]}";
    let inspector = "listener_filters: [{name: i, typed_config: {'@type': type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector}}]";
    let found = model(&listener(inspector, rules, ""), &[], "1.40.0");
    for (alpn, is_served) in
        [(&["h2"][..], true), (&["http/1.1", "h2"], true), (&["http/1.1"], false), (&[], false)]
    {
        assert_eq!(!serves(&found, &question("a.test", alpn)).is_empty(), is_served, "{alpn:?}");
    }
}

#[test]
fn verification_needs_roots_and_names() {
    let context = |inner: &str, more: &str| {
        shown(&cluster(&format!(
            "sni: up.test\n        {more}\n        common_tls_context: {{validation_context: {{{inner}}}}}"
        )))
    };
    assert!(context("", "").contains(
        "chain no, name no, sni up.test\nVerificationWithoutEffect: this validation context names no"
    ));
    assert!(context("trusted_ca: {filename: ca}", "").contains("chain yes, name no, sni up.test"));
    assert_eq!(
        context("trusted_ca: {filename: ca}", "auto_sni_san_validation: true"),
        "cluster c Tls [] TLSv1.2\n  chain yes, name yes, sni up.test\n"
    );
    assert!(
        context("trusted_ca: {filename: ca}, trust_chain_verification: accept_untrusted", "")
            .contains("chain no, name no")
    );
    assert!(
        context("match_typed_subject_alt_names: [{san_type: DNS}]", "").contains("SAN-based verification")
    );
}

#[test]
fn what_envoy_refuses_is_told() {
    let refused = |params: &str| {
        shown(&listener("", "filters: []", params)).lines().skip(1).collect::<Vec<_>>().join("|")
    };
    assert_eq!(
        refused("tls_min_protocol_version: TLSv1_2"),
        "UnknownField: Envoy refuses this: TlsParameters has no field \"tls_min_protocol_version\""
    );
    assert!(refused("tls_minimum_protocol_version: TLSv1.2").contains("takes TLS_AUTO"));
    let strict = model(
        &listener("", "filters: []", "cipher_suites: [ECDHE-RSA-AES128-GCM-SHA256, '!aNULL']"),
        &[],
        "1.40.0",
    );
    assert!(strict.refusals[0].reason.contains("!aNULL"));
    assert!(refused("ecdh_curves: [p-256]").contains("\"p-256\" is unknown"));
    assert!(refused("compliance_policies: [FIPS_202205, CNSA2_202603]").contains("no more than 1"));
    assert_eq!(refused("tls_minimum_protocol_version: '4'"), "");
    assert_eq!(refused("tlsMinimumProtocolVersion: tlsv1_3"), "");
}

#[test]
fn repeated_names_and_documents_are_told() {
    let text = listener("", "filters: []", "") + "---\na: 1\n";
    assert!(shown(&text).contains("SettingIgnored: Envoy reads the first document"));
    assert!(shown("admin: {}\nadmin: {}\n").contains("SettingRepeated: \"admin\" stands twice"));
}

#[test]
fn files_of_resources_are_followed() {
    let root = "dynamic_resources:\n  lds_config: {path_config_source: {path: /etc/envoy/lds.yaml}}\n";
    let listeners = listener("", "filters: []", "").replace("static_resources:\n  listeners:", "resources:");
    let listeners = listeners.replace(
        "  - name: l\n",
        "  - '@type': type.googleapis.com/envoy.config.listener.v3.Listener\n    name: l\n",
    );
    let found = model(root, &[("envoy/lds.yaml", &listeners)], "1.40.0");
    assert_eq!(show(&found), "listener l on 0.0.0.0:443 Tls [] default TLSv1.2 TLSv1.3\n");
    assert_eq!(found.files.len(), 2);
    assert!(show(&model(root, &[], "1.40.0")).starts_with("IncludeUnresolved"));
}

#[test]
fn wrapped_resources_are_found() {
    let inner =
        listener("", "filters: []", "").lines().fold(String::new(), |all, line| format!("{all}    {line}\n"));
    let map = format!(
        "apiVersion: v1\nkind: Secret\n---\napiVersion: v1\nkind: ConfigMap\ndata:\n  envoy.yaml: |\n{inner}"
    );
    check(&map, "listener l on 0.0.0.0:443 Tls [] default TLSv1.2 TLSv1.3");
    let found = model(&map, &[], "1.40.0");
    let place = found.endpoints[0].location.span;
    assert!(map[place.range()].contains("filters: []"), "the place is in the file");
    check(
        "apiVersion: networking.istio.io/v1alpha3\nkind: EnvoyFilter\nspec: {configPatches: [{applyTo: CLUSTER, patch: {value: {transport_socket: \
         {name: x, typed_config: {'@type': type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext, sni: a}}}}}]}\n",
        "UpstreamTlsContext without its surroundings Tls [] TLSv1.2\n  chain no, name no, sni a",
    );
}

#[test]
fn a_config_dump_brings_what_a_management_server_gave() {
    let context = "{'@type': type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext, sni: a.test, common_tls_context: \
         {validation_context_sds_secret_config: {name: roots, sds_config: {ads: {}}}}}";
    let cluster = format!(
        "{{cluster: {{'@type': type.googleapis.com/envoy.config.cluster.v3.Cluster, name: c, transport_socket: {{name: t, typed_config: {context}}}}}}}"
    );
    let dump = |secrets: &str| {
        format!(
            "configs:\n- {{dynamic_active_clusters: [{cluster}]}}\n- {{dynamic_active_secrets: [{secrets}]}}\n"
        )
    };
    check(&dump(""), "cluster c Tls [] TLSv1.2\n  chain ?, name ?, sni a.test");
    check(
        &dump("{name: roots, secret: {name: roots, validation_context: {trusted_ca: {filename: ca}}}}"),
        "cluster c Tls [] TLSv1.2\n  chain yes, name no, sni a.test",
    );
}

#[test]
fn patches_are_completed_by_what_they_are_merged_into() {
    let patch = |value: &str| {
        format!(
            "kind: EnvoyFilter\napiVersion: v1\nspec: {{configPatches: [{{applyTo: LISTENER, patch: {{value: {value}}}}}]}}\n"
        )
    };
    let struct_ = "{'@type': type.googleapis.com/udpa.type.v1.TypedStruct, type_url: type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext, \
         value: {common_tls_context: {tls_params: {tls_maximum_protocol_version: TLSv1_2}}}}";
    check(
        &patch(&format!("{{filter_chains: [{{transport_socket: {{name: t, typed_config: {struct_}}}}}]}}")),
        "listener Tls [] default TLSv1.2",
    );
    check(
        &patch(&format!("{{transport_socket: {{name: t, typed_config: {struct_}}}}}")),
        "DownstreamTlsContext without its surroundings Tls [] default TLSv1.2",
    );
}

#[test]
fn the_removed_api_is_read_and_told() {
    let text = "static_resources: {clusters: [{name: c, hosts: [], tls_context: {sni: a.test}}]}\n";
    check(
        text,
        "cluster c Tls [] TLSv1.2\n  chain no, name no, sni a.test\n\
         UnknownField: Envoy refuses this: Cluster has no field \"hosts\"\n\
         ApiRemoved: Envoy refuses this: the field tls_context belongs to the v2 API, which Envoy 1.18 removed",
    );
}

#[test]
fn templates_are_read_where_somebody_fills_them_in_first() {
    let inner = listener("", "filters: []", "tls_minimum_protocol_version: TLSv1_1")
        .replace("filters: []", "filters: [{{ filters }}]");
    let inner = inner.lines().fold(String::new(), |all, line| format!("{all}    {line}\n"));
    let map = format!(
        "apiVersion: v1\nkind: ConfigMap\ndata:\n  envoy.yaml: |\n{inner}{{{{- if .Values.more }}}}\n{{{{- end }}}}\n"
    );
    check(&map, "listener l on 0.0.0.0:443 Tls [] default TLSv1.1 TLSv1.2 TLSv1.3");
}

#[test]
fn template_text_is_unknown() {
    let text = listener("", "filters: []", "tls_minimum_protocol_version: {{ minimum }}");
    check(&text, "listener l on 0.0.0.0:443 Tls [] default ?");
}

proptest::proptest! {
    #[test]
    fn nothing_panics(lines in proptest::collection::vec("( ){0,8}(- )?(static_resources|listeners|filter_chains|transport_socket|typed_config|common_tls_context|tls_params|'@type'|cipher_suites|clusters|validation_context): ?(\\[|\\{|\\}|\\]|x|type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext|&a|\\*a)?", 0..20)) {
        let _ = shown(&lines.join("\n"));
    }
}
