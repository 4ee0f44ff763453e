//! Which renderings of templates there are: all of them where they are few, else enough to meet every pair of answers.

use super::expression::{Language, Value};
use super::facts::{Atom, Facts, Test};
use super::library::Library;
use super::print::{Decide, Decision, Origin, Rendering};
use super::tree::{Node, Template};
use super::values::{Sets, Values};
use crate::span::{FileId, Location, Span};
use crate::text::Text;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// The most renderings of one root that are read.
pub(super) const MOST_RENDERINGS: usize = 64;

/// How many bytes all renderings of one root may have together, as far as that allows more than a few.
const MOST_BYTES: usize = 24 << 20;

/// How few renderings are enough where templates are large.
const FEWEST: usize = 4;

/// How many renderings in a row may show nothing new before no more are looked for.
const PATIENCE: usize = 4;

/// Between how many questions pairs are told apart.
const MOST_PAIRED: usize = 128;

/// The renderings of some templates.
pub(super) struct Explored {
    /// For each rendering the texts of the templates, in their order, with the answers by their bits that it comes of.
    pub(super) texts: Vec<(u64, Vec<Text>)>,
    /// How many sets of answers there are.
    pub(super) count: u32,
    pub(super) questions: Vec<Question>,
    /// Whether there are combinations of answers that no rendering meets for want of room.
    pub(super) past_bound: bool,
}

/// A question that renderings differ in.
#[derive(Clone, Debug)]
pub(super) struct Question {
    pub(super) atom: Atom,
    /// The first tag that asks it.
    pub(super) place: Location,
    /// The renderings in which the answer is yes, by their bits.
    pub(super) yes: u64,
    /// Those in which it is no.
    pub(super) no: u64,
    /// Whether it is asked of a list alone if it has entries.
    pub(super) is_list: bool,
}

/// A template with its text.
pub(super) type Part<'a> = (&'a Template, &'a str);

/// Renders `parts`, whose names have the values that are `given`, and where nothing else says so those of `sets`.
pub(super) fn explore(
    parts: &[Part<'_>],
    given: &BTreeMap<String, String>,
    sets: &Sets,
    library: &Library,
) -> Explored {
    let bytes: usize = parts.iter().map(|(_, text)| text.len()).sum();
    let limit = (MOST_BYTES / bytes.max(1)).clamp(FEWEST, MOST_RENDERINGS);
    let mut explorer = Explorer {
        parts,
        given: facts(parts, given),
        sets,
        library,
        asked: parts
            .iter()
            .map(|(template, _)| *template)
            .chain(library.templates())
            .flat_map(|template| template.asked.iter().cloned())
            .collect(),
        limit,
        worlds: Vec::new(),
        groups: Vec::new(),
        seen: HashMap::new(),
    };
    let mut past_bound = false;
    if !explorer.all() {
        explorer.worlds.clear();
        explorer.seen.clear();
        explorer.groups.clear();
        past_bound = true;
        explorer.pairs();
    }
    explorer.every_branch();
    explorer.further_values();
    explorer.fit();
    let questions = explorer.questions();
    let count = explorer.worlds.len() as u32;
    let mut texts: Vec<(u64, Vec<Text>)> = explorer.groups.into_iter().map(|texts| (0, texts)).collect();
    for (rank, world) in explorer.worlds.iter().enumerate() {
        if let Some((set, _)) = texts.get_mut(world.group) {
            *set |= 1 << rank;
        }
    }
    texts.retain(|(set, _)| *set != 0);
    Explored { texts, count, questions, past_bound }
}

fn facts(parts: &[Part<'_>], given: &BTreeMap<String, String>) -> Facts {
    let mut facts = Facts::new(parts.first().map_or(Language::Jinja, |(template, _)| template.language));
    for (name, value) in given {
        let value = match value.as_str() {
            "true" => Value::Flag(true),
            "false" => Value::Flag(false),
            text => Value::Text(text.to_owned()),
        };
        for sigil in ["", ".", "@", "$"] {
            facts.give(&format!("{sigil}{name}"), value.clone());
        }
    }
    facts
}

struct World {
    facts: Facts,
    decisions: Vec<Decision>,
    taken: Vec<(usize, u32, usize)>,
    /// Which of the texts is its own.
    group: usize,
    /// Whether no rendering before it has the same branches.
    is_new: bool,
}

struct Explorer<'a> {
    parts: &'a [Part<'a>],
    given: Facts,
    sets: &'a Sets,
    library: &'a Library,
    /// The names that conditions ask for.
    asked: BTreeSet<String>,
    limit: usize,
    worlds: Vec<World>,
    /// The texts of renderings, each once.
    groups: Vec<Vec<Text>>,
    /// Which of them is that of these branches.
    seen: HashMap<Vec<(usize, u32, usize)>, usize>,
}

impl Explorer<'_> {
    fn render(&self, decide: &mut dyn Decide, wanted: BTreeMap<(usize, u32), usize>) -> (World, Vec<Text>) {
        self.render_with(&self.sets.usual, decide, wanted)
    }

    fn render_with(
        &self,
        values: &Values,
        decide: &mut dyn Decide,
        wanted: BTreeMap<(usize, u32), usize>,
    ) -> (World, Vec<Text>) {
        let (facts, asked) = (self.given.clone(), &self.asked);
        let (decisions, taken) = (Vec::new(), Vec::new());
        let mut rendering = Rendering { facts, decisions, taken, wanted, decide, values, asked };
        let parts = self.parts.iter().enumerate();
        let texts = parts
            .map(|(number, (template, text))| {
                rendering.print(Origin { number, template, text, parts: self.parts.len() }, self.library)
            })
            .collect();
        let Rendering { facts, decisions, taken, .. } = rendering;
        (World { facts, decisions, taken, group: 0, is_new: true }, texts)
    }

    /// Keeps a rendering; of one with the branches of another only its answers.
    fn keep(&mut self, (mut world, texts): (World, Vec<Text>)) {
        let next = self.groups.len();
        world.group = *self.seen.entry(world.taken.clone()).or_insert(next);
        world.is_new = world.group == next;
        if world.is_new {
            self.groups.push(texts);
        }
        self.worlds.push(world);
    }

    /// Takes out renderings until there are no more than can be told apart, those first whose branches others have.
    fn fit(&mut self) {
        let mut beyond = self.worlds.len().saturating_sub(MOST_RENDERINGS);
        for at in (0..self.worlds.len()).rev() {
            if beyond > 0 && !self.worlds[at].is_new {
                self.worlds.remove(at);
                beyond -= 1;
            }
        }
        self.worlds.truncate(MOST_RENDERINGS);
    }

    /// Renders with every combination of answers that matter; `false` where they are too many.
    fn all(&mut self) -> bool {
        let mut answers: Vec<bool> = Vec::new();
        for round in 0.. {
            // Different answers may come to the same branches.
            if round >= 4 * self.limit || self.groups.len() >= self.limit {
                return false;
            }
            let mut walk = Walk { answers: &answers, at: 0, round };
            let rendered = self.render(&mut walk, BTreeMap::new());
            let mut given: Vec<bool> = rendered
                .0
                .decisions
                .iter()
                .filter(|decision| decision.matters)
                .map(|decision| decision.holds)
                .collect();
            self.keep(rendered);
            while given.last() == Some(&false) {
                given.pop();
            }
            let Some(last) = given.last_mut() else { return true };
            *last = false;
            answers = given;
        }
        true
    }

    /// Renders until every pair of answers was met that can be met, or there is no more room.
    fn pairs(&mut self) {
        let mut known = Pairs::default();
        let mut idle = 0;
        // Some room is left for branches that come with none of the pairs.
        let room = self.limit - self.limit / 8;
        for round in 0..2 * self.limit {
            let mut choose = Choose { known: &known, round };
            let rendered = self.render(&mut choose, BTreeMap::new());
            let is_new = known.learn(&rendered.0.decisions);
            idle = if is_new { 0 } else { idle + 1 };
            if is_new {
                self.keep(rendered);
            }
            if idle >= PATIENCE || self.worlds.len() >= room {
                return;
            }
        }
    }

    /// Adds renderings for branches that no rendering takes and some can.
    fn every_branch(&mut self) {
        let mut taken: BTreeSet<(usize, u32, usize)> =
            self.worlds.iter().flat_map(|world| world.taken.iter().copied()).collect();
        let mut goals = Vec::new();
        let templates = self.parts.iter().map(|(template, _)| *template).chain(self.library.templates());
        for (number, template) in templates.enumerate() {
            branches(&template.nodes, number, &mut Vec::new(), &mut goals);
        }
        for goal in goals {
            if self.worlds.len() >= self.limit {
                return;
            }
            let Some((number, choice, rank)) = goal.last().copied() else { continue };
            if taken.contains(&(number, choice, rank)) {
                continue;
            }
            let wanted = goal.iter().map(|(number, choice, rank)| ((*number, *choice), *rank)).collect();
            let mut walk = Walk { answers: &[], at: 0, round: self.worlds.len() };
            let rendered = self.render(&mut walk, wanted);
            if rendered.0.taken.contains(&(number, choice, rank)) {
                taken.extend(rendered.0.taken.iter().copied());
                self.keep(rendered);
            }
        }
    }

    /// Adds renderings with the further sets of values, where they come to something else.
    fn further_values(&mut self) {
        let usual: Vec<(Facts, usize)> = self
            .worlds
            .iter()
            .filter(|world| world.is_new)
            .map(|world| (world.facts.clone(), world.group))
            .collect();
        for values in &self.sets.further {
            let used = Atom { name: values.label.clone(), test: Test::Used };
            let earlier = self.worlds.len();
            for (facts, group) in &usual {
                if self.worlds.len() >= self.limit {
                    break;
                }
                let mut again = Again { facts };
                let (mut world, texts) = self.render_with(values, &mut again, BTreeMap::new());
                let is_same = self.groups.get(*group).is_some_and(|known| alike(known, &texts));
                if is_same {
                    continue;
                }
                world.facts.settle(&used, true);
                let place =
                    self.parts.first().map_or(Location::new(FileId(0), Span::empty(0)), |(template, _)| {
                        template.location(Span::empty(0))
                    });
                world.decisions.push(Decision {
                    atom: used.clone(),
                    holds: true,
                    place,
                    matters: true,
                    is_list: false,
                });
                world.group = self.groups.len();
                self.groups.push(texts);
                self.worlds.push(world);
            }
            for (rank, world) in self.worlds.iter_mut().enumerate() {
                if rank < earlier {
                    world.facts.settle(&used, false);
                }
            }
        }
    }

    fn questions(&self) -> Vec<Question> {
        let mut questions: Vec<Question> = Vec::new();
        let mut known: HashMap<String, Vec<usize>> = HashMap::new();
        for decision in self.worlds.iter().flat_map(|world| &world.decisions) {
            let same = known.entry(decision.atom.name.clone()).or_default();
            if !same.iter().any(|index| questions[*index].atom == decision.atom) {
                same.push(questions.len());
                questions.push(Question {
                    atom: decision.atom.clone(),
                    place: decision.place,
                    yes: 0,
                    no: 0,
                    is_list: decision.is_list,
                });
            }
        }
        for (rank, world) in self.worlds.iter().enumerate() {
            for question in &mut questions {
                match world.facts.implied(&question.atom) {
                    Some(true) => question.yes |= 1 << rank,
                    Some(false) => question.no |= 1 << rank,
                    None => {}
                }
            }
        }
        questions.retain(|question| question.yes != 0 && question.no != 0);
        questions
    }
}

/// Every branch, with those that it stands in before it.
fn branches(
    nodes: &[Node],
    number: usize,
    around: &mut Vec<(usize, u32, usize)>,
    goals: &mut Vec<Vec<(usize, u32, usize)>>,
) {
    /// More branches than that are not looked for one by one.
    const MOST_GOALS: usize = 512;
    for node in nodes {
        match node {
            Node::Choice(choice) if goals.len() < MOST_GOALS => {
                for (rank, branch) in choice.branches.iter().enumerate() {
                    around.push((number, choice.number, rank));
                    goals.push(around.clone());
                    branches(&branch.body, number, around, goals);
                    around.pop();
                }
            }
            Node::Block(_, body) | Node::Define(_, _, body) => branches(body, number, around, goals),
            _ => {}
        }
    }
}

/// Whether two renderings are the same to a reader.
fn alike(one: &[Text], other: &[Text]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one.as_str() == other.as_str())
}

/// Answers as in another rendering.
struct Again<'a> {
    facts: &'a Facts,
}

impl Decide for Again<'_> {
    fn decide(&mut self, atom: &Atom, _: bool, _: &[Decision]) -> bool {
        self.facts.implied(atom).unwrap_or(true)
    }
}

/// Answers what matters by a list, then with yes; the rest in turn.
struct Walk<'a> {
    answers: &'a [bool],
    at: usize,
    round: usize,
}

impl Decide for Walk<'_> {
    fn decide(&mut self, _: &Atom, matters: bool, _: &[Decision]) -> bool {
        if !matters {
            return self.round.is_multiple_of(2);
        }
        self.at += 1;
        self.answers.get(self.at - 1).copied().unwrap_or(true)
    }
}

/// The answers that were met, and which of them together.
#[derive(Default)]
struct Pairs {
    numbers: HashMap<String, u32>,
    met: HashMap<u32, u32>,
    together: HashSet<(u32, u32)>,
}

impl Pairs {
    fn key(atom: &Atom) -> String {
        format!("{} {:?}", atom.name, atom.test)
    }

    /// The number of an answer; none for questions beyond those that are told apart.
    fn number(&self, atom: &Atom, holds: bool) -> Option<u32> {
        self.numbers.get(&Self::key(atom)).map(|number| number * 2 + u32::from(holds))
    }

    /// Takes down what a rendering met; whether anything of it is new.
    fn learn(&mut self, decisions: &[Decision]) -> bool {
        let mut answers = Vec::new();
        for decision in decisions.iter().filter(|decision| decision.matters) {
            let next = self.numbers.len() as u32;
            let key = Self::key(&decision.atom);
            if !self.numbers.contains_key(&key) && self.numbers.len() >= MOST_PAIRED {
                continue;
            }
            let number = *self.numbers.entry(key).or_insert(next);
            answers.push(number * 2 + u32::from(decision.holds));
        }
        let mut is_new = false;
        for (at, one) in answers.iter().enumerate() {
            *self.met.entry(*one).or_default() += 1;
            for two in answers.iter().take(at) {
                is_new |= self.together.insert((*one.min(two), *one.max(two)));
            }
        }
        is_new
    }
}

/// Answers so that most pairs are new.
struct Choose<'a> {
    known: &'a Pairs,
    round: usize,
}

impl Decide for Choose<'_> {
    fn decide(&mut self, atom: &Atom, matters: bool, earlier: &[Decision]) -> bool {
        let worth = |holds: bool| {
            let Some(number) = self.known.number(atom, holds) else { return (0, 0) };
            let others = earlier.iter().filter(|decision| decision.matters);
            let others = others.filter_map(|other| self.known.number(&other.atom, other.holds));
            let fresh = others
                .filter(|two| !self.known.together.contains(&(number.min(*two), number.max(*two))))
                .count();
            (fresh, u32::MAX - self.known.met.get(&number).copied().unwrap_or(0))
        };
        if !matters {
            return self.round.is_multiple_of(2);
        }
        let (yes, no) = (worth(true), worth(false));
        if yes == no { self.round.is_multiple_of(2) } else { yes > no }
    }
}
