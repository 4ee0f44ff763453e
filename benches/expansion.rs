//! Expansion against the linked OpenSSL's own SSL_CTX_set_cipher_list, in one run.

use divan::{Bencher, black_box};
use openssl::ssl::{SslContextBuilder, SslMethod};
use tlslint::library::{Choice, Library, Parser, linked};

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
    bencher.bench(|| {
        Library::all()
            .iter()
            .map(|library| library.expand(black_box(string), Parser::Strict).suites.len())
            .sum::<usize>()
    });
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

#[divan::bench(args = [100, 1_000, 10_000])]
fn tokens(bencher: Bencher, count: usize) {
    let words = ["HIGH", "!3DES", "-AES", "+kRSA", "@STRENGTH", "FOO", "DHE+AES", "AES128-SHA"];
    let string = words.iter().copied().cycle().take(count).collect::<Vec<_>>().join(":");
    let library = linked::data();
    bencher.bench(|| library.expand(black_box(&string), Parser::Strict));
}
