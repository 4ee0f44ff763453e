//! Turns the data under `rules/` that every run needs fast into compiled-in tables.

mod build {
    pub(crate) mod criteria;
    pub(crate) mod data;
    pub(crate) mod envoy;
    pub(crate) mod envoy_schema;
    pub(crate) mod groups;
    pub(crate) mod haproxy;
    pub(crate) mod installed;
    pub(crate) mod libraries;
    pub(crate) mod nginx;
    pub(crate) mod order;
    pub(crate) mod policies;
    pub(crate) mod release;
    pub(crate) mod signatures;
    pub(crate) mod suites;
    pub(crate) mod systems;
}

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    build::envoy::generate();
    build::envoy_schema::generate();
    build::haproxy::generate();
    build::installed::generate();
    build::nginx::generate();
    build::policies::generate();
    build::systems::generate();
    let suites = build::suites::generate();
    let groups = build::groups::generate();
    let schemes = build::signatures::generate();
    build::libraries::generate(&suites, &groups, &schemes);
}
