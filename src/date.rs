//! Days, as suppressions and policies name them.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

/// A day of the Gregorian calendar.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// Reads `2027-03-31`; `None` for anything else, and for days that do not exist.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
            return None;
        }
        let number = |range: std::ops::Range<usize>| {
            let digits = text.get(range)?;
            digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse::<u16>().ok())?
        };
        let (year, month, day) = (number(0..4)?, number(5..7)? as u8, number(8..10)? as u8);
        let exists = (1..=12).contains(&month) && day >= 1 && day <= days_in(year, month);
        exists.then_some(Self { year, month, day })
    }

    /// The day it is, in UTC.
    pub fn today() -> Self {
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs());
        Self::from_days(seconds / 86_400)
    }

    /// The day that a moment falls on, in seconds since 1970-01-01 UTC; moments before that count as it.
    pub fn of(seconds: i64) -> Self {
        Self::from_days(u64::try_from(seconds).unwrap_or(0) / 86_400)
    }

    /// The first moment of the day, in seconds since 1970-01-01 UTC.
    pub fn midnight(self) -> i64 {
        let years: i64 = (1970..self.year).map(|year| i64::from(days_in_year(year))).sum();
        let months: i64 = (1..self.month).map(|month| i64::from(days_in(self.year, month))).sum();
        (years + months + i64::from(self.day) - 1) * 86_400
    }

    /// The day that many days later.
    #[must_use]
    pub fn plus(self, days: u32) -> Self {
        Self::of(self.midnight() + i64::from(days) * 86_400)
    }

    /// The day that many days after 1970-01-01.
    pub fn from_days(mut days: u64) -> Self {
        let mut year = 1970;
        while days >= u64::from(days_in_year(year)) {
            days -= u64::from(days_in_year(year));
            year += 1;
        }
        let mut month = 1;
        while days >= u64::from(days_in(year, month)) {
            days -= u64::from(days_in(year, month));
            month += 1;
        }
        Self { year, month, day: days as u8 + 1 }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

const fn is_leap(year: u16) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

const fn days_in_year(year: u16) -> u16 {
    if is_leap(year) { 366 } else { 365 }
}

const fn days_in(year: u16, month: u8) -> u8 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_moments_agree() {
        for text in ["1970-01-01", "2000-02-29", "2026-11-23", "2100-03-01"] {
            let date = Date::parse(text).unwrap();
            assert_eq!(Date::of(date.midnight()), date);
            assert_eq!(Date::of(date.midnight() + 86_399), date);
            assert_eq!(Date::of(date.midnight() + 86_400), date.plus(1));
        }
        assert_eq!(Date::parse("2026-01-01").unwrap().midnight(), 1_767_225_600);
    }

    #[test]
    fn only_days_that_exist_are_read() {
        assert_eq!(Date::parse("2028-02-29").unwrap().to_string(), "2028-02-29");
        for wrong in
            ["2027-02-29", "2027-13-01", "2027-00-10", "2027-1-01", "27-01-01", "2027-01-1x", "+027-01-01"]
        {
            assert_eq!(Date::parse(wrong), None, "{wrong}");
        }
        assert!(Date::parse("2026-12-31") < Date::parse("2027-01-01"));
    }

    #[test]
    fn days_are_counted_from_1970() {
        assert_eq!(Date::from_days(0).to_string(), "1970-01-01");
        assert_eq!(Date::from_days(19_782).to_string(), "2024-02-29");
        assert_eq!(Date::from_days(20_453).to_string(), "2025-12-31");
    }
}
