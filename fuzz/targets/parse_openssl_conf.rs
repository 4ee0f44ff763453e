#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tlslint_fuzz::parsers::openssl_conf(data));
