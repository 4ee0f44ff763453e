//! The flags that say whom to trust.

use super::Failure;
use crate::certificate::Trust;
use crate::date::Date;
use crate::gate::Gate;
use crate::source::MAXIMUM_BYTES;
use clap::Args;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(super) struct TrustArguments {
    /// Certificates to trust instead of Mozilla's roots, PEM or DER
    #[arg(long, value_name = "FILE", hide = true, help_heading = "Judging")]
    ca_file: Vec<PathBuf>,
    /// Certificate revocation list, PEM or DER; nothing is fetched
    #[arg(long, value_name = "FILE", hide = true, help_heading = "Judging")]
    crl: Vec<PathBuf>,
}

impl TrustArguments {
    /// What certificates and dates are judged by on `today`.
    pub(super) fn trust(&self, today: Date) -> Result<Trust, Failure> {
        let mut trust = Trust::new(today);
        for path in &self.ca_file {
            trust
                .only_roots_of(&read("--ca-file", path)?)
                .map_err(|error| Failure::new(format!("--ca-file {}: {error}", path.display())))?;
        }
        for path in &self.crl {
            if trust.add_revocations(&read("--crl", path)?) == 0 {
                return Err(Failure::new(format!("--crl {}: holds no revocation list", path.display())));
            }
        }
        Ok(trust)
    }
}

fn read(flag: &str, path: &Path) -> Result<Vec<u8>, Failure> {
    let read = Gate::around(path).bytes(path, MAXIMUM_BYTES);
    read.map_err(|error| Failure::new(format!("{flag} {}: {error}", path.display())))
}
