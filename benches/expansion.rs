//! Expansion against the linked OpenSSL's own SSL_CTX_set_cipher_list, in one run.

use divan::{Bencher, black_box};
use openssl::ssl::{SslContextBuilder, SslMethod};
use std::io::Read;
use tlslint::library::{Choice, Family, Library, Parser, linked};

const STRINGS: [&str; 4] = [
    "HIGH:!aNULL:!MD5",
    "DEFAULT",
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384",
    "ALL:!aNULL:!eNULL:!LOW:!EXP:RC4+RSA:+HIGH:+MEDIUM:@STRENGTH",
];

fn main() {
    divan::main();
}

#[divan::bench(args = STRINGS)]
fn cold(bencher: Bencher, string: &str) {
    let library = linked::data();
    bencher.bench(|| library.expand(black_box(string), Parser::Strict));
}

#[divan::bench(args = STRINGS)]
fn repeated(bencher: Bencher, string: &str) {
    let library = Choice::Named(linked::data());
    bencher.bench(|| library.expand(black_box(string), Parser::Strict));
}

#[divan::bench(args = STRINGS)]
fn any_cold(bencher: Bencher, string: &str) {
    let any = Choice::Any(Family::OpenSsl);
    bencher.bench(|| any.expand_anew(black_box(string), Parser::Strict));
}

/// The context exists already: only the call is measured.
#[divan::bench(args = STRINGS)]
fn linked_set_cipher_list(bencher: Bencher, string: &str) {
    let mut context = SslContextBuilder::new(SslMethod::tls()).expect("OpenSSL has TLS");
    bencher.bench_local(|| context.set_cipher_list(black_box(string)).is_ok());
}

/// What asking the library costs a program that has no context yet.
#[divan::bench(args = STRINGS)]
fn linked_with_context(bencher: Bencher, string: &str) {
    bencher.bench(|| linked::suites(black_box(string)));
}

/// Every string of one library's vectors, about 3,350.
#[divan::bench(args = ["openssl-1.1.1w-default", "openssl-3.5.8-default", "boringssl-boring5.4.0-aeshw"])]
fn vectors(bencher: Bencher, key: &str) {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/vectors");
    let file =
        std::fs::File::open(format!("{directory}/vectors-{key}.jsonl.gz")).expect("the file is a fixture");
    let mut text = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).expect("the file is gzip");
    let rows =
        text.lines().skip(2).map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"));
    let strings: Vec<String> = rows.map(|row| row["s"].as_str().unwrap_or("").to_owned()).collect();
    let id = match key {
        "openssl-1.1.1w-default" => "openssl-1.1.1",
        "openssl-3.5.8-default" => "openssl-3.5",
        _ => "boringssl-44",
    };
    let library = Library::find(id).expect("the release has data");
    bencher.bench(|| {
        strings
            .iter()
            .map(|string| library.expand(black_box(string), Parser::Lenient).suites.len())
            .sum::<usize>()
    });
}

#[divan::bench(args = [100, 1_000, 10_000])]
fn tokens(bencher: Bencher, count: usize) {
    let words = ["HIGH", "!3DES", "-AES", "+kRSA", "@STRENGTH", "FOO", "DHE+AES", "AES128-SHA"];
    let string = words.iter().copied().cycle().take(count).collect::<Vec<_>>().join(":");
    let library = linked::data();
    bencher.bench(|| library.expand(black_box(&string), Parser::Strict));
}
