//! What a text holds of one language, counted.

use super::weights::Sign;
use std::collections::{BTreeSet, HashSet};

/// Counts over the lines of a text, comments and blanks and lines of a template engine left out.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Facts {
    /// Blocks or sections as only this language has them.
    pub(super) structures: usize,
    /// The different statements of its own.
    pub(super) own: BTreeSet<String>,
    /// The different TLS settings of its own.
    pub(super) tls: BTreeSet<String>,
    /// Lines that are statements of this language.
    pub(super) known: usize,
    /// Lines that are not.
    pub(super) strange: usize,
}

impl Facts {
    /// What the counts say.
    pub(super) fn signs(&self) -> Vec<Sign> {
        let mut signs = Vec::new();
        signs.extend((self.structures > 0).then_some(Sign::Structure));
        match self.own.len() {
            0 => {}
            1 => signs.push(Sign::OneStatement),
            _ => signs.push(Sign::Statements),
        }
        match self.tls.len() {
            0 => {}
            1 => signs.push(Sign::TlsSetting),
            _ => signs.push(Sign::TlsSettings),
        }
        let (known, all) = (self.known, self.known + self.strange);
        if all == 0 {
            return signs;
        }
        match known * 100 / all {
            90.. => signs.push(Sign::VeryDense),
            60..=89 => signs.push(Sign::Dense),
            40..=59 => {}
            25..=39 => signs.push(Sign::Sparse),
            _ => signs.extend([Sign::Sparse, Sign::Foreign]),
        }
        signs
    }
}

/// The words of a list under `rules/words`: everything but the lines of comments.
pub(super) fn words(list: &'static str) -> HashSet<&'static str> {
    list.lines().filter(|line| !line.starts_with('#')).flat_map(str::split_ascii_whitespace).collect()
}
