//! The lines of a crt-list, and the options that they share with the words of a `bind` line (src/ssl_crtlist.c).

use super::bind::CertificateWord;
use super::certificates::{Loader, Wanted};
use super::named;
use super::observe;
use super::release::{self, Lookup};
use super::settings::{Certainty, Settings};
use super::store::{self, FileParts};
use super::words::Argument;
use crate::budget::Resource;
use crate::span::{Location, Span};
use crate::text::Text;
use std::path::Path;

/// A line of a list that HAProxy refuses; the reason is noted.
pub(super) struct Refused;

impl Loader<'_, '_> {
    /// A crt-list; its lines name files, never lists, so that it cannot lead back to itself.
    pub(super) fn list(&mut self, name: &str, word: &CertificateWord) {
        let found = self.reader.find(Path::new(name), word.path.location.file);
        let source = found.as_ref().map(|path| self.reader.context.files.read(path));
        let Some(Ok(source)) = source else {
            if matches!(source, Some(Err(_))) || self.reader.is_fixed() {
                self.absent(name, (word.location, word.path.location.file), "crt-list");
            }
            let why = match source {
                Some(Err(error)) => format!("the crt-list {name} {error}"),
                _ => format!("the crt-list {name} is not among the files"),
            };
            observe::unread_list(self.reader, word.path.location, &why);
            return self.missing(&word.path.location, &why, word.location);
        };
        self.reader.files.push(source.id());
        let text = source.text();
        let parsed = self.reader.parsed_list(&source);
        if let Some(at) = text.find('\0').map(|at| at as u32) {
            self.reader.refuse_nul(Location::new(source.id(), Span::new(at, at + 1)), "crt-list : ");
        }
        if !text.is_empty() && !text.ends_with('\n') {
            let end = Location::new(source.id(), Span::empty(text.len() as u32));
            self.reader.refuse_unterminated(end, "crt-list : ");
        }
        for error in &parsed.errors {
            self.reader
                .refuse(Location::new(source.id(), error.span), format!("crt-list : {}", error.message));
        }
        for line in &parsed.tree {
            if !self.reader.context.budget.take(Resource::CrtListLines, 1, word.path.location) {
                return;
            }
            self.bundle += 1;
            let location = Location::new(source.id(), line.span);
            let Ok((options, parts)) = self.options(&line.options, location) else { continue };
            let filters: Vec<_> = line
                .filters
                .iter()
                .map(|name| (name.as_str().to_owned(), name.location().unwrap_or(location)))
                .collect();
            let at = line.path.location().unwrap_or(location);
            let key = (name.trim_end_matches('/').to_owned(), location);
            let (above, file) = (&word.above, word.path.location.file);
            let wanted = Wanted {
                location: at,
                options,
                line: key,
                filters: &filters,
                is_default: false,
                parts,
                above,
                file,
            };
            self.path(line.path.as_str(), &wanted);
        }
    }

    /// Whether an option says something of a certificate's file.
    fn is_part(&self, name: &str) -> bool {
        matches!(release::look_up(release::CRTSTORE, name, self.reader.release), Lookup::Known(_))
    }

    /// The options of a line, where it has any; an error for a line that HAProxy refuses.
    pub(super) fn options(
        &mut self,
        words: &[Text],
        location: Location,
    ) -> Result<(Option<Settings>, FileParts), Refused> {
        let (mut settings, mut parts) = (None, FileParts::default());
        let mut rest = words;
        let arguments: Vec<_> = words.iter().map(|text| as_argument(text, location)).collect();
        named::files(self.reader, release::CRTLIST, &arguments);
        while let Some((keyword, after)) = rest.split_first() {
            rest = after;
            let name = keyword.as_str();
            let at = keyword.location().unwrap_or(location);
            let takes = match release::look_up(release::CRTLIST, name, self.reader.release) {
                Lookup::Known(entry) => usize::try_from(entry.arguments).unwrap_or(0),
                _ if self.is_part(name) => {
                    let value = rest.first();
                    parts.add(name, value.map_or("", Text::as_str));
                    if let Some(reason) =
                        store::fault(name, value.map(|text| as_argument(text, location)).as_ref())
                    {
                        self.reader.refuse(at, reason);
                    }
                    rest = rest.get(1..).unwrap_or(&[]);
                    continue;
                }
                _ => {
                    self.reader.refuse(at, format!("'crt-list' : unknown ssl keyword {name}"));
                    return Err(Refused);
                }
            };
            let value = rest.first().filter(|_| takes == 1).map(|text| as_argument(text, location));
            if takes == 1 && value.is_none() {
                self.reader.refuse(at, format!("'crt-list' : ssl args out of '[]' for {name}"));
                return Err(Refused);
            }
            let settings = settings.get_or_insert_with(Settings::default);
            if let Some(Err(reason)) =
                settings.keyword(&as_argument(keyword, location), value.as_ref(), &Certainty::Certain)
            {
                self.reader.refuse(at, reason);
            }
            rest = rest.get(takes..).unwrap_or(&[]);
        }
        Ok((settings, parts))
    }
}

/// A word of a list as an argument; `location` where it has no place of its own.
fn as_argument(text: &Text, location: Location) -> Argument {
    Argument { location: text.location().unwrap_or(location), value: Ok(text.clone()) }
}
