//! Every endpoint of a run as a row of an inventory.

use super::Reading;
use crate::discover::Disk;
use crate::files::FileTree as _;
use crate::inventory::{self, Names, Row};

/// The rows, in the order of the files.
pub fn rows(reading: &Reading, disk: &Disk, names: Names) -> Vec<Row> {
    let endpoints = reading.endpoints(disk);
    let rows = endpoints.iter().map(|(root, endpoint)| {
        let source = disk.source(endpoint.location.file);
        let target = root.scope.target(source.path());
        let mut row = inventory::row(&root.model, endpoint, disk, target, names);
        let known: Vec<&str> = row.names.iter().chain(&row.addresses).map(String::as_str).collect();
        row.purpose = root.scope.settings.purpose(source.path(), &known).map(str::to_owned);
        row
    });
    rows.collect()
}
