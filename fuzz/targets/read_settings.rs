#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tlslint_fuzz::readers::settings(data));
