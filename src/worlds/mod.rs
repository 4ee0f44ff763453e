//! Templates as the configurations that come of them: every rendering is read like any file.
//!
//! A template's tags become a tree of texts and choices (`statement`, `tree`); the conditions of the choices become questions about
//! names, answers to which agree with each other (`expression`, `facts`); with answers to all of them a template is printed, every
//! byte with its place (`print`); and answers are chosen so that every rendering is met, or where they are too many every branch
//! and every pair of answers (`explore`). What stands in an output tag is known where the template itself or the settings say it,
//! and stays a placeholder elsewhere, of which dialects make an unknown value.

mod across;
mod evaluate;
mod explore;
mod expression;
mod facts;
mod fill;
mod infix;
mod library;
mod prefix;
mod print;
mod relocate;
mod rendered;
mod statement;
#[cfg(test)]
mod tests;
mod tree;
mod values;
mod when;
mod words;

use crate::dialect::{self, Context};
use crate::endpoint::{Dialect, Endpoint, Model};
use crate::files::FileTree;
use crate::observation::{Observation, ObservationKind, Refusal};
use crate::source::Source;
use crate::span::{FileId, Location};
use explore::{Part, Question, explore};
use library::Library;
use rendered::{Rendered, StandIns};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use tree::Template;
use values::Sets;

/// The renderings of a root, and what of its model holds in which of them.
///
/// Sets of renderings are the bits of a number, the first rendering's the lowest.
#[derive(Clone, Debug)]
pub struct Renderings {
    /// How many there are; 64 at most.
    pub count: u32,
    /// For each endpoint of the model the renderings that it is in.
    pub endpoints: Vec<u64>,
    /// For each observation the renderings that it is made in.
    pub observations: Vec<u64>,
    /// For each refusal the renderings that it is given in.
    pub refusals: Vec<u64>,
    /// Whether there are combinations of branches for which there was no room.
    pub past_bound: bool,
    /// How many tags nothing opens or closes.
    pub faults: usize,
    /// The files whose values fill the templates in.
    pub filled_from: Vec<FileId>,
    questions: Vec<Question>,
}

/// An answer on which something depends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// In words: `` `tls` is true ``.
    pub words: String,
    /// The first tag that asks.
    pub place: Location,
}

impl Renderings {
    /// The set of all renderings.
    pub const fn all(&self) -> u64 {
        if self.count >= 64 { u64::MAX } else { (1 << self.count) - 1 }
    }

    /// How many questions they differ in.
    pub const fn conditions(&self) -> usize {
        self.questions.len()
    }

    /// The questions that were answered this way and that, with the first tag that asks each.
    pub fn questions(&self) -> impl Iterator<Item = Answer> + '_ {
        self.questions.iter().map(|question| Answer {
            words: question.atom.words(true, question.is_list),
            place: question.place,
        })
    }

    /// When something holds that holds in the renderings of `set`: all answers of one of the alternatives are given; empty where it
    /// always holds, `None` where that takes too many words.
    pub fn when(&self, set: u64) -> Option<Vec<Vec<Answer>>> {
        let set = set & self.all();
        if set == self.all() {
            return Some(Vec::new());
        }
        let answer = |(rank, holds): (usize, bool)| {
            let question = &self.questions[rank];
            Answer { words: question.atom.words(holds, question.is_list), place: question.place }
        };
        let found = when::describe(&self.questions, set, self.all())?;
        Some(found.into_iter().map(|conjunction| conjunction.into_iter().map(answer).collect()).collect())
    }
}

/// Works out the endpoints of one configuration in all its renderings, as [`dialect::read`] does for a file that is none.
///
/// The model is that of all renderings together; each part of it holds in those that the second value says, `None` where no branch
/// of a template decides anything.
pub fn read(dialect: Dialect, roots: &[Arc<Source>], context: Context<'_>) -> (Model, Option<Renderings>) {
    let plain = dialect::read(dialect, roots, context);
    let (templates, sets) = templates(roots, &plain, context.files);
    if templates.is_empty() {
        return (plain, None);
    }
    let parts: Vec<Part<'_>> = templates.iter().map(|(source, template)| (template, source.text())).collect();
    let library = Library::of(&templates, context.files);
    let explored = explore(&parts, context.variables, &sets, &library);
    let mut merged = Merged::new(&plain);
    let stand_ins = StandIns::default();
    for (set, texts) in explored.texts {
        let files = templates.iter().map(|(source, _)| source.id()).zip(texts);
        let rendered = Rendered::new(context.files, &stand_ins, files);
        let roots: Vec<_> = roots.iter().map(|root| rendered.of(Arc::clone(root))).collect();
        let budget = context.budget.anew();
        let mut model =
            dialect::read(dialect, &roots, Context { files: &rendered, budget: &budget, ..context });
        rendered.places().model(&mut model);
        merged.add(model, set);
    }
    let faults =
        templates.iter().flat_map(|(_, template)| template.faults.iter().map(move |fault| (template, fault)));
    let faults: Vec<_> = faults.map(|(template, (span, why))| fault(template.location(*span), why)).collect();
    let (mut model, mut renderings) = merged.finish(explored.count, explored.questions, explored.past_bound);
    renderings.faults = faults.len();
    renderings.filled_from = sets.files();
    renderings.filled_from.extend(library.templates().map(|template| template.file));
    let included = library.included().into_iter().filter(|file| !model.files.contains(file));
    model.files.extend(included.collect::<Vec<_>>());
    let all = renderings.all();
    renderings.observations.extend(faults.iter().map(|_| all));
    model.observations.extend(faults);
    (model, Some(renderings))
}

/// The files of a model whose branches or known values make renderings differ from what stands there, and the values of their names.
fn templates(
    roots: &[Arc<Source>],
    model: &Model,
    files: &dyn FileTree,
) -> (Vec<(Arc<Source>, Template)>, Sets) {
    let mut seen = HashSet::new();
    let read = model.files.iter().map(|file| files.source(*file));
    let all: Vec<_> = roots.iter().cloned().chain(read).filter(|source| seen.insert(source.id())).collect();
    let mut sets: Option<Sets> = None;
    let mut found = Vec::new();
    for source in all {
        let language = statement::language_of(source.text());
        if language.is_none() && !source.text().contains("${") {
            continue;
        }
        let own = values::of(&source, language, files);
        let environment: Vec<&str> = own.usual.environment().collect();
        let template = Template::read(source.text(), source.id(), &environment);
        if let Some(template) = template.filter(|template| template.is_worth_rendering(&own.usual)) {
            found.push((source, template));
            sets.get_or_insert_default().join(own);
        }
    }
    (found, sets.unwrap_or_default())
}

fn fault(location: Location, why: &str) -> Observation {
    Observation {
        kind: ObservationKind::ValueUnknown,
        location,
        message: format!("a tag of the template is passed over: {why}"),
        label: "passed over".to_owned(),
        related: Vec::new(),
        help: Some("what stands around it is read as if the tag were not there".to_owned()),
        context: "template".to_owned(),
    }
}

/// The models of renderings, each part once.
struct Merged {
    model: Model,
    endpoints: Vec<u64>,
    observations: Vec<u64>,
    refusals: Vec<u64>,
    by_place: HashMap<(Location, String), Vec<usize>>,
    observed: HashMap<(Location, ObservationKind), Vec<usize>>,
    refused: HashMap<Location, Vec<usize>>,
    files: HashSet<FileId>,
}

impl Merged {
    fn new(plain: &Model) -> Self {
        Self {
            model: Model {
                files: plain.files.clone(),
                templated: plain.templated.clone(),
                is_fragment: plain.is_fragment,
                ..Model::default()
            },
            endpoints: Vec::new(),
            observations: Vec::new(),
            refusals: Vec::new(),
            by_place: HashMap::new(),
            observed: HashMap::new(),
            refused: HashMap::new(),
            files: plain.files.iter().copied().collect(),
        }
    }

    /// Adds what a dialect made of the renderings of `set`.
    fn add(&mut self, model: Model, set: u64) {
        self.model.speaks_tls |= model.speaks_tls;
        for file in model.files {
            if self.files.insert(file) {
                self.model.files.push(file);
            }
        }
        for endpoint in model.endpoints {
            let same = self.by_place.entry((endpoint.location, endpoint.label.clone())).or_default();
            let is_same = |known: &Endpoint| known.is_same(&endpoint);
            let known = same.iter().copied().find(|index| is_same(&self.model.endpoints[*index]));
            keep(endpoint, known, same, &mut self.model.endpoints, &mut self.endpoints, set);
        }
        for observation in model.observations {
            let same = self.observed.entry((observation.location, observation.kind)).or_default();
            let known = same.iter().copied().find(|index| self.model.observations[*index] == observation);
            keep(observation, known, same, &mut self.model.observations, &mut self.observations, set);
        }
        for refusal in model.refusals {
            let same = self.refused.entry(refusal.location).or_default();
            let is_same = |known: &Refusal| *known == refusal;
            let known = same.iter().copied().find(|index| is_same(&self.model.refusals[*index]));
            keep(refusal, known, same, &mut self.model.refusals, &mut self.refusals, set);
        }
    }

    fn finish(self, count: u32, questions: Vec<Question>, past_bound: bool) -> (Model, Renderings) {
        let Self { model, endpoints, observations, refusals, .. } = self;
        (
            model,
            Renderings {
                count,
                endpoints,
                observations,
                refusals,
                past_bound,
                faults: 0,
                filled_from: Vec::new(),
                questions,
            },
        )
    }
}

/// Adds `one` to `list`, or the rendering to those of the one that is `known`.
fn keep<T>(
    one: T,
    known: Option<usize>,
    same: &mut Vec<usize>,
    list: &mut Vec<T>,
    sets: &mut Vec<u64>,
    set: u64,
) {
    if let Some(known) = known {
        sets[known] |= set;
    } else {
        same.push(list.len());
        list.push(one);
        sets.push(set);
    }
}
