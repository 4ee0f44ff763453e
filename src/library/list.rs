//! The list of suites that a cipher string works on.

use super::expansion::{Effect, Expansion, Operator, Selected, Token};
use super::table::{Bits, Library};
use crate::suite::Suite;

/// Every suite of a build, selected or not, in the order that the rules so far gave them.
///
/// One pass over the order for each rule that changes anything: at most 254 bytes.
pub(super) struct List {
    library: &'static Library,
    order: [u8; 256],
    length: usize,
    /// Suites that were not removed for good.
    present: Bits,
    selected: Bits,
    /// The token that selected a suite, or removed it for good.
    token: [u32; 256],
}

const IDENTITY: [u8; 256] = {
    let mut order = [0; 256];
    let mut at = 0;
    while at < 256 {
        order[at] = at as u8;
        at += 1;
    }
    order
};

impl List {
    pub(super) fn new(library: &'static Library) -> Self {
        let length = library.entries.len();
        Self {
            library,
            order: IDENTITY,
            length,
            present: Bits::below(length),
            selected: Bits::default(),
            token: [0; 256],
        }
    }

    /// Runs one rule for the token with this index; what it did goes into `token`.
    pub(super) fn apply(&mut self, operator: Operator, matches: &Bits, index: u32, token: &mut Token) {
        match operator {
            Operator::Add => {
                let hits = matches.and(&self.present).without(&self.selected);
                self.place(&hits, End::Tail, &mut token.added);
                self.note(&hits, index);
                self.selected = self.selected.or(&hits);
            }
            Operator::Move => self.place(&matches.and(&self.selected), End::Tail, &mut token.moved),
            Operator::Remove => {
                let hits = matches.and(&self.selected);
                self.place(&hits, End::Head, &mut token.removed);
                self.selected = self.selected.without(&hits);
            }
            Operator::Kill => self.kill(matches, index, token),
            Operator::Special => {}
        }
    }

    /// `@STRENGTH`: the strongest first, else the order that they have.
    pub(super) fn sort_by_strength(&mut self, token: &mut Token) {
        let mut chosen = Vec::new();
        let selected = self.selected;
        self.place(&selected, End::Tail, &mut chosen);
        let start = self.length - chosen.len();
        let entries = self.library.entries;
        let tail = &mut self.order[start..self.length];
        if tail.is_sorted_by_key(|at| std::cmp::Reverse(entries[*at as usize].bits)) {
            return;
        }
        tail.sort_by_key(|at| std::cmp::Reverse(entries[*at as usize].bits));
        token.moved = tail.iter().map(|at| entries[*at as usize].suite).collect();
    }

    /// Credits everything so far to the token with this index.
    pub(super) fn credit(&mut self, index: u32) {
        self.token = [index; 256];
    }

    /// The suites that are selected.
    pub(super) fn selected(&self) -> &Bits {
        &self.selected
    }

    /// The suites that were not removed for good.
    pub(super) fn present(&self) -> &Bits {
        &self.present
    }

    /// The token that removed the first of `matches` for good.
    pub(super) fn killer(&self, matches: &Bits) -> Option<usize> {
        let killed = matches.without(&self.present);
        (0..self.library.entries.len() as u8)
            .find(|at| killed.holds(*at))
            .map(|at| self.token[at as usize] as usize)
    }

    /// The selected suites in their order.
    pub(super) fn collect(&self, expansion: &mut Expansion) {
        let chosen = self.order[..self.length].iter().filter(|at| self.selected.holds(**at));
        expansion.suites = chosen
            .map(|at| Selected {
                suite: self.library.entries[*at as usize].suite,
                token: self.token[*at as usize] as usize,
            })
            .collect();
    }

    /// The places of the selected entries in their order.
    pub(super) fn places(&self) -> impl Iterator<Item = u8> {
        self.order[..self.length].iter().copied().filter(|at| self.selected.holds(*at))
    }

    /// The last entry of the list, selected or not.
    pub(super) fn last(&self) -> Option<u8> {
        self.order[..self.length].last().copied()
    }

    /// Moves `hits` to one end, their order kept, and lists them.
    fn place(&mut self, hits: &Bits, end: End, moved: &mut Vec<Suite>) {
        if hits.is_empty() {
            return;
        }
        let order = &mut self.order[..self.length];
        let (mut hit, mut taken) = ([0u8; 256], 0);
        if hits.count() == 1 {
            // Names of suites mean one each: no need to look at all others.
            let Some(at) = order.iter().position(|at| hits.holds(*at)) else { return };
            (hit[0], taken) = (order[at], 1);
            match end {
                End::Head => order[..=at].rotate_right(1),
                End::Tail => order[at..].rotate_left(1),
            }
        } else {
            let mut kept = 0;
            for at in 0..order.len() {
                let entry = order[at];
                if hits.holds(entry) {
                    hit[taken] = entry;
                    taken += 1;
                } else {
                    order[kept] = entry;
                    kept += 1;
                }
            }
            match end {
                End::Head => {
                    order.copy_within(..kept, taken);
                    order[..taken].copy_from_slice(&hit[..taken]);
                }
                End::Tail => order[kept..].copy_from_slice(&hit[..taken]),
            }
        }
        moved.extend(hit[..taken].iter().map(|at| self.library.entries[*at as usize].suite));
    }

    fn kill(&mut self, matches: &Bits, index: u32, token: &mut Token) {
        let hits = matches.and(&self.present);
        if hits.is_empty() {
            return;
        }
        self.note(&hits, index);
        let mut length = 0;
        for at in 0..self.length {
            let entry = self.order[at];
            if !hits.holds(entry) {
                self.order[length] = entry;
                length += 1;
                continue;
            }
            let list = if self.selected.holds(entry) { &mut token.removed } else { &mut token.barred };
            list.push(self.library.entries[entry as usize].suite);
        }
        self.length = length;
        self.present = self.present.without(&hits);
        self.selected = self.selected.without(&hits);
    }

    fn note(&mut self, hits: &Bits, index: u32) {
        for (word, mut bits) in hits.0.into_iter().enumerate() {
            while bits != 0 {
                self.token[word * 64 + bits.trailing_zeros() as usize] = index;
                bits &= bits - 1;
            }
        }
    }
}

#[derive(Clone, Copy)]
enum End {
    Head,
    Tail,
}

impl Token {
    /// Whether the token changed the list.
    pub(super) fn did_something(&self) -> bool {
        !(self.added.is_empty() && self.removed.is_empty() && self.moved.is_empty() && self.barred.is_empty())
    }

    /// Decides the effect, with a reason where the token did nothing.
    pub(super) fn settle(&mut self, reason: impl FnOnce(&Self) -> super::expansion::Reason) {
        self.effect = if self.did_something() { Effect::Matched } else { Effect::Unmatched(reason(self)) };
    }
}
