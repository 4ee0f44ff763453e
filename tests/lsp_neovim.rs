//! The language server in Neovim, where it is installed: diagnostics, hover, completion, a fix, and diagnostics after it.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod scratch;

use serde_json::Value;
use std::path::Path;
use std::process::Command;

const MAIN: &str = "events {}\nhttp {\n    ssl_protocols TLSv1.1 TLSv1.2;\n    ssl_ciphers AES128-SHA:ECDHE-RSA-AES128-GCM-SHA256;\n    \
                    server {\n        listen 443 ssl;\n        ssl_certificate $a.pem;\n        ssl_certificate_key a.key;\n    }\n}\n";

#[test]
fn neovim_shows_what_the_server_says_and_makes_its_fix() {
    if Command::new("nvim").arg("--version").output().is_err() {
        return;
    }
    let directory = scratch::repository(&[("nginx.conf", MAIN)]);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/editor/neovim.lua");
    let out = directory.path().join("seen.json");
    let output = Command::new("nvim")
        .args(["--headless", "-u", "NONE", "-n", "-c", &format!("luafile {}", script.display())])
        .env("TLSLINT", assert_cmd::cargo::cargo_bin!("tlslint"))
        .env("TLSLINT_FILE", directory.path().join("nginx.conf"))
        .env("TLSLINT_OUT", &out)
        .env("XDG_STATE_HOME", directory.path())
        .env("HOME", directory.path())
        .output()
        .unwrap();
    let seen = std::fs::read_to_string(&out)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    let seen: Value = serde_json::from_str(&seen).unwrap();
    assert!(output.status.success(), "{seen}");
    let codes = |key: &str| seen[key].to_string();
    assert!(codes("first").contains("protocol-below-floor"), "{seen}");
    assert!(seen["hover"].as_str().unwrap().contains("AES128-SHA"), "{seen}");
    assert!(seen["completion"].as_u64().unwrap() > 10, "{seen}");
    assert!(!seen["text"].as_str().unwrap().contains("TLSv1.1"), "{seen}");
    assert!(!codes("second").contains("protocol-below-floor"), "{seen}");
}
