//! Where a value stands in a YAML text.
//!
//! `serde_yaml::Value` carries no places. They are only needed once something is wrong, so the text is then read a second time
//! with a visitor that gives up at the value that is looked for: the reader's error knows its place.

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::collections::BTreeSet;
use std::fmt;

/// One step from a value into one of its parts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Step {
    /// An element of a sequence, from 0.
    Index(usize),
    /// The value of a key.
    Key(String),
}

/// Which of the two a message is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Part {
    /// The key that leads to the value.
    Key,
    /// The value itself.
    Value,
}

/// Line and column, both from 1, of the value (or its key) at the end of `path`.
pub(super) fn locate(text: &str, path: &[Step], part: Part) -> Option<(u32, u32)> {
    let error = Seek { path, part }.deserialize(serde_yaml::Deserializer::from_str(text)).err()?;
    let location = error.location()?;
    Some((location.line() as u32, location.column() as u32))
}

/// Line and column of the first key that stands twice in one mapping.
pub(super) fn duplicate(text: &str) -> Option<(u32, u32)> {
    let error = Unique.deserialize(serde_yaml::Deserializer::from_str(text)).err()?;
    let location = error.location()?;
    Some((location.line() as u32, location.column() as u32))
}

#[derive(Clone, Copy)]
struct Seek<'p> {
    path: &'p [Step],
    part: Part,
}

impl<'de> DeserializeSeed<'de> for Seek<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// Every visit of the last step's value is where it stands.
macro_rules! found {
    ($($visit:ident: $type:ty),*) => {
        $(fn $visit<E: serde::de::Error>(self, _: $type) -> Result<(), E> {
            Err(E::custom("here"))
        })*
    };
}

impl<'de> Visitor<'de> for Seek<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    found!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        Err(E::custom("here"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Some((Step::Key(wanted), rest)) = self.path.split_first() else {
            return Err(A::Error::custom("here"));
        };
        let is_last = rest.is_empty() && self.part == Part::Key;
        while let Some(matches) = map.next_key_seed(KeyIs { wanted, stop: is_last })? {
            if matches {
                return map.next_value_seed(Seek { path: rest, part: self.part });
            }
            map.next_value::<IgnoredAny>()?;
        }
        Err(A::Error::custom("the key is gone"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<(), A::Error> {
        let Some((Step::Index(wanted), rest)) = self.path.split_first() else {
            return Err(A::Error::custom("here"));
        };
        for _ in 0..*wanted {
            sequence.next_element::<IgnoredAny>()?;
        }
        sequence.next_element_seed(Seek { path: rest, part: self.part })?;
        Err(A::Error::custom("the element is gone"))
    }
}

struct KeyIs<'p> {
    wanted: &'p str,
    stop: bool,
}

impl<'de> DeserializeSeed<'de> for KeyIs<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Visitor<'_> for KeyIs<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<bool, E> {
        if key == self.wanted && self.stop { Err(E::custom("here")) } else { Ok(key == self.wanted) }
    }
}

/// Gives up at the first key that stands twice.
#[derive(Clone, Copy)]
struct Unique;

impl<'de> DeserializeSeed<'de> for Unique {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// Plain values are passed over.
macro_rules! passed {
    ($($visit:ident: $type:ty),*) => {
        $(fn $visit<E: serde::de::Error>(self, _: $type) -> Result<(), E> {
            Ok(())
        })*
    };
}

impl<'de> Visitor<'de> for Unique {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    passed!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = BTreeSet::new();
        while map.next_key_seed(NewKey(&mut seen))?.is_some() {
            map.next_value_seed(Self)?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<(), A::Error> {
        while sequence.next_element_seed(Self)?.is_some() {}
        Ok(())
    }
}

struct NewKey<'s>(&'s mut BTreeSet<String>);

impl<'de> DeserializeSeed<'de> for NewKey<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Visitor<'_> for NewKey<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<(), E> {
        if self.0.insert(key.to_owned()) { Ok(()) } else { Err(E::custom("here")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_keys_are_found() {
        let text = "a: 1\nb:\n  c: [x, y]\n  d: {e: null}\n";
        let path = |steps: &[&str]| steps.iter().map(|step| Step::Key((*step).into())).collect::<Vec<_>>();
        assert_eq!(locate(text, &path(&["a"]), Part::Value), Some((1, 4)));
        assert_eq!(locate(text, &path(&["b", "d"]), Part::Key), Some((4, 3)));
        assert_eq!(locate(text, &path(&["b", "d", "e"]), Part::Value), Some((4, 10)));
        let mut second = path(&["b", "c"]);
        second.push(Step::Index(1));
        assert_eq!(locate(text, &second, Part::Value), Some((3, 10)));
        assert_eq!(locate(text, &path(&["b"]), Part::Value), Some((3, 3)));
    }
}
