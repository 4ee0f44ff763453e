//! Values with how they came to hold: written, a default, or unknown.

use crate::span::Location;
use std::borrow::Cow;
use std::sync::Arc;

/// A value together with how it came to hold.
///
/// A variable or a template placeholder makes a value neither safe nor unsafe: matching on `Unknown` forces every reader to say
/// what it does then.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Setting<T> {
    /// Nobody wrote it; `source` says whose default it is: `default of nginx before 1.27.3`.
    Default {
        /// What holds.
        value: T,
        /// Whose default it is.
        source: Cow<'static, str>,
    },
    /// It cannot be known from the files.
    Unknown(Arc<Unknown>),
    /// It stands in a file.
    Written(Arc<Written<T>>),
}

/// A value that stands in a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Written<T> {
    /// What holds.
    pub value: T,
    /// The whole directive or option, for findings about the setting as such.
    pub location: Location,
    /// How it reaches the endpoint, nearest step last; empty where it stands in the endpoint itself.
    pub provenance: Provenance,
}

/// Why a value is not known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unknown {
    /// The placeholder or include at fault, where there is one to point at.
    pub at: Option<Location>,
    /// The reason as a clause: `"$protocols" is set where the files do not show`.
    pub why: String,
}

/// The steps by which a value reached an endpoint: included from, inherited from, via named defaults.
pub type Provenance = Arc<[Step]>;

/// One step of a provenance.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// Where the step was taken: the `include` line, the `http` block's head.
    pub location: Location,
    /// What it was, as a label: `included here`, `inherited from http`.
    pub what: String,
}

impl<T> Setting<T> {
    /// A setting that stands at `location`.
    pub fn written(value: T, location: Location, provenance: Provenance) -> Self {
        Self::Written(Arc::new(Written { value, location, provenance }))
    }

    /// A setting that nobody wrote.
    pub const fn default(value: T, source: Cow<'static, str>) -> Self {
        Self::Default { value, source }
    }

    /// A setting that the files do not show.
    pub fn unknown(at: Option<Location>, why: impl Into<String>) -> Self {
        Self::Unknown(Arc::new(Unknown { at, why: why.into() }))
    }

    /// The value, where it is known.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Default { value, .. } => Some(value),
            Self::Unknown(_) => None,
            Self::Written(written) => Some(&written.value),
        }
    }

    /// The same setting with its value turned into another.
    #[must_use]
    pub fn map<U>(&self, turn: impl FnOnce(&T) -> U) -> Setting<U> {
        match self {
            Self::Default { value, source } => Setting::default(turn(value), source.clone()),
            Self::Unknown(unknown) => Setting::Unknown(Arc::clone(unknown)),
            Self::Written(written) => {
                Setting::written(turn(&written.value), written.location, Arc::clone(&written.provenance))
            }
        }
    }

    /// Where it was written, or which place makes it unknown.
    pub fn location(&self) -> Option<Location> {
        match self {
            Self::Default { .. } => None,
            Self::Unknown(unknown) => unknown.at,
            Self::Written(written) => Some(written.location),
        }
    }

    /// How it reached the endpoint; empty for defaults and unknowns.
    pub fn provenance(&self) -> &[Step] {
        match self {
            Self::Written(written) => &written.provenance,
            Self::Default { .. } | Self::Unknown(_) => &[],
        }
    }
}
