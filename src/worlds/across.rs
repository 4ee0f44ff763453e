//! Printing what stands in other templates: included texts, blocks of those that extend, macros and named templates.

use super::expression::Language;
use super::print::{DEEPEST, Named, Origin, Printer};
use super::tree::Node;

impl<'a> Printer<'a, '_, '_> {
    /// The template that is being printed.
    pub(super) fn origin(&self) -> Origin<'a> {
        Origin { number: self.number, template: self.template, text: self.text, parts: self.parts }
    }

    /// Prints what stands in another template, whose bytes have their places there.
    pub(super) fn elsewhere(&mut self, origin: Origin<'a>, print: impl FnOnce(&mut Self)) {
        let here = self.origin();
        (self.number, self.template, self.text) = (origin.number, origin.template, origin.text);
        self.depth += 1;
        print(self);
        self.depth -= 1;
        (self.number, self.template, self.text) = (here.number, here.template, here.text);
    }

    /// The template that this one means by a path; `None` where it is not at hand, or templates ask for each other too deep.
    pub(super) fn asked(&self, path: &str) -> Option<Origin<'a>> {
        let (rank, template, text) = self.library.find(self.template.file, path)?;
        let number = self.parts + rank;
        (self.depth < DEEPEST).then_some(Origin { number, template, text, parts: self.parts })
    }

    /// Knows the macros of another template by the names that they are imported under.
    pub(super) fn import(&mut self, path: &str, alias: Option<&str>, names: &[(String, String)]) {
        let Some(origin) = self.asked(path) else { return };
        for node in &origin.template.nodes {
            let Node::Define(name, parameters, body) = node else { continue };
            let text = Named { parameters, body, origin };
            match alias {
                Some(alias) => {
                    self.named.insert(format!("{alias}.{name}"), text);
                }
                None => {
                    for (_, called) in names.iter().filter(|(wanted, _)| wanted == name) {
                        self.named.insert(called.clone(), text);
                    }
                }
            }
        }
    }

    /// Keeps the blocks of a template that extends another; those of one that extends this one go before them.
    pub(super) fn keep_blocks(&mut self, nodes: &'a [Node]) {
        let origin = self.origin();
        for node in nodes {
            match node {
                Node::Block(name, body) => {
                    self.blocks.entry(name).or_insert(Named { parameters: &[], body, origin });
                    self.keep_blocks(body);
                }
                Node::Choice(choice) => {
                    choice.branches.iter().for_each(|branch| self.keep_blocks(&branch.body));
                }
                Node::Set(name, value) => self.set(name, value.clone()),
                _ => {}
            }
        }
    }

    /// Knows every named template: those of the file, wherever they stand, and the chart's.
    pub(super) fn know_named_templates(&mut self) {
        if self.template.language != Language::Go {
            return;
        }
        let helpers = self.library.helpers().map(|(rank, template, text)| Origin {
            number: self.parts + rank,
            template,
            text,
            parts: self.parts,
        });
        let origins: Vec<_> = helpers.chain([self.origin()]).collect();
        for origin in origins {
            for node in &origin.template.nodes {
                if let Node::Define(name, parameters, body) = node {
                    self.named.insert(name.clone(), Named { parameters, body, origin });
                }
            }
        }
    }
}
