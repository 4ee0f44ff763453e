//! The language server: `tlslint lsp`.
//!
//! Editors send what their buffers hold; the same pipeline that `check` runs reads the buffers in place of the files, so that no answer
//! differs from `check` on the same bytes. One thread takes messages in order, and works out diagnostics when none is waiting: a hundred
//! keystrokes in a row cost one run.
//!
//! ```text
//! server (messages) → documents (buffers) → analysis (the pipeline) → diagnostics, actions, hover, completion, navigation, hints
//! ```

mod actions;
mod analysis;
mod capabilities;
mod completion;
mod diagnostics;
mod documents;
mod effective;
mod hints;
mod hover;
mod line;
mod navigation;
mod position;
mod requests;
mod server;
mod session;
mod transport;
mod uri;
mod words;

pub use analysis::Surroundings;
pub use server::{Ended, serve};
pub use transport::stdio;
