//! Files that packages and well-known programs install: what they hold is known though they are not at hand.

use std::path::Path;

/// A file of `rules/installed-files.yaml`.
struct Installed {
    /// Its name, or its whole path.
    key: &'static str,
    is_path: bool,
    /// What of it says anything about TLS, in nginx's words.
    holds: &'static str,
    dh_bits: Option<u32>,
}

include!(concat!(env!("OUT_DIR"), "/installed.rs"));

/// The directory that relative paths of nginx's packages start from.
const NGINX: &str = "/etc/nginx";

fn look_up(path: &Path) -> Option<&'static Installed> {
    let whole = Path::new(NGINX).join(path);
    let name = path.file_name()?;
    INSTALLED.iter().find(|file| if file.is_path { whole == Path::new(file.key) } else { name == file.key })
}

/// What a file that `path` names says in nginx's words; empty where it says nothing about TLS, `None` where it is not known.
pub(super) fn directives(path: &Path) -> Option<&'static str> {
    look_up(path).filter(|file| file.dh_bits.is_none()).map(|file| file.holds)
}

/// The length in bits of the Diffie-Hellman prime in a file that `path` names.
pub(super) fn dh_bits(path: &Path) -> Option<u32> {
    look_up(path)?.dh_bits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_by_name_or_by_path() {
        let known = |path: &str| directives(Path::new(path));
        assert_eq!(known("mime.types"), Some(""));
        assert_eq!(known("/usr/local/etc/nginx/mime.types"), Some(""));
        assert!(
            known("/etc/letsencrypt/options-ssl-nginx.conf")
                .unwrap()
                .contains("ssl_protocols TLSv1.2 TLSv1.3;")
        );
        assert!(known("snippets/snakeoil.conf").unwrap().starts_with("ssl_certificate "));
        assert_eq!(known("options-ssl-nginx.conf"), None);
        assert_eq!(dh_bits(Path::new("/etc/letsencrypt/ssl-dhparams.pem")), Some(2048));
        assert_eq!(dh_bits(Path::new("/etc/ssl/ffdhe4096.pem")), Some(4096));
        assert_eq!(dh_bits(Path::new("/etc/ssl/dhparam.pem")), None);
    }
}
