//! Words of the `Options` command (cmd_Options() in `ssl/ssl_conf.c`).

/// Whether a word is an option, its sign taken off, in any letter case.
pub fn is_option(name: &str) -> bool {
    OPTIONS.binary_search(&name.to_ascii_lowercase().as_str()).is_ok()
}

/// Lower case, sorted.
const OPTIONS: &[&str] = &[
    "allownodhekex",
    "antireplay",
    "bugs",
    "canames",
    "clientrenegotiation",
    "compression",
    "dhsingle",
    "ecdhsingle",
    "emptyfragments",
    "encryptthenmac",
    "extendedmastersecret",
    "ignoreunexpectedeof",
    "ktls",
    "ktlstxzerocopysendfile",
    "legacyserverconnect",
    "middleboxcompat",
    "norenegotiation",
    "noresumptiononrenegotiation",
    "prefernodhekex",
    "prioritizechacha",
    "rxcertificatecompression",
    "serverpreference",
    "sessionticket",
    "strictcertcheck",
    "txcertificatecompression",
    "unsafelegacyrenegotiation",
    "unsafelegacyserverconnect",
];
