//! The grammar of nginx configuration, as `ngx_conf_read_token` in `src/core/ngx_conf_file.c` reads it.
//!
//! The grammar knows words, `;`, blocks and comments, and two things that nginx itself does not: bodies of
//! `*_by_lua_block` (lexed as Lua, as the Lua module does) and the placeholders of template engines, which are opaque.

mod lex;
mod lua;
mod parse;
mod template;
#[cfg(test)]
mod tests;
mod tree;

pub use parse::parse;
pub use tree::{Block, Children, Directive, DirectiveId, Placeholders, Quote, Tree, Word};
