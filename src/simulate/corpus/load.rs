//! Reads a data folder into a [`Corpus`] and assigns every unit to its side of the split.

use std::collections::BTreeMap;
use std::path::Path;

use super::duplicates::keep_on_one_side;
use super::files::{
    ApplicationRow, CorpusError, RecordRow, Side, SourceRow, main_family, read_rows, read_sources,
};
use super::lineage::{Groups, derived_from, keys_of};
use super::split::Split;
use super::{Application, BenignSource, Corpus, LicenceClass, Partition, Pipeline};
use crate::domain::PoolRecord;

impl Corpus {
    /// Reads the corpus of a data folder. `progress` is called with (files read, total files).
    ///
    /// Leaves out records derived from a source on another side of the split (`note` is "from <source>-n") and requests
    /// that occur word for word on a later side.
    ///
    /// # Errors
    /// When a file is missing, a row is malformed, or traffic names an application that is not listed.
    pub fn load(data: &Path, progress: &dyn Fn(u64, u64)) -> Result<Self, CorpusError> {
        let rows = read_sources(&data.join("sources.json"))?;
        let files = rows.len() as u64 + 2;
        let mut corpus = Self::default();
        let sides = Sides::of(&rows);
        for (done, row) in rows.into_iter().enumerate() {
            corpus.add_pool(data, row, &sides)?;
            progress(done as u64 + 1, files);
        }
        corpus.applications = read_applications(&data.join("apps"))?;
        keep_on_one_side(&mut corpus);
        progress(files, files);
        Ok(corpus)
    }

    fn add_pool(&mut self, data: &Path, row: SourceRow, sides: &Sides) -> Result<(), CorpusError> {
        let placement = &sides.by_source[&(row.side, row.source.clone())];
        let mut records = Vec::new();
        read_rows(
            &data.join(&row.file),
            "a pool record",
            |record: RecordRow| {
                let record = PoolRecord::from(record);
                if sides.may_hold(placement.partition, &record) {
                    records.push(record);
                }
                Ok(())
            },
        )?;
        if row.side == Side::Benign {
            self.sources.push(BenignSource {
                family: main_family(&records),
                name: row.source,
                group: placement.group.clone(),
                licence: row.licence_class.into(),
                partition: placement.partition,
                records,
            });
            return Ok(());
        }
        let pipelines = if row.ambiguous {
            &mut self.harnesses
        } else {
            &mut self.pipelines
        };
        pipelines.push(Pipeline {
            name: row.source,
            group: placement.group.clone(),
            licence: row.licence_class.into(),
            ambiguous: row.ambiguous,
            partition: placement.partition,
            records,
        });
        Ok(())
    }
}

struct Placement {
    group: String,
    partition: Partition,
}

/// Group and side of every pool file, derived from `sources.json` alone.
struct Sides {
    by_source: BTreeMap<(Side, String), Placement>,
}

impl Sides {
    fn of(rows: &[SourceRow]) -> Self {
        let keys: Vec<Vec<String>> = rows
            .iter()
            .map(|row| keys_of(&row.source, &row.lineage))
            .collect();
        let licences = || rows.iter().map(|row| LicenceClass::from(row.licence_class));
        let split = Split::new(keys.iter().map(Vec::as_slice).zip(licences()));
        let partitions: Vec<Partition> = keys
            .iter()
            .zip(licences())
            .map(|(keys, licence)| split.partition(keys, licence))
            .collect();
        let mut groups = Groups::default();
        for (keys, partition) in keys.iter().zip(&partitions) {
            // A withheld source links nothing, because it takes part in neither side.
            if *partition != Partition::Withheld {
                groups.join(keys);
            }
        }
        let by_source = rows
            .iter()
            .zip(keys.iter().zip(partitions))
            .map(|(row, (keys, partition))| {
                let group = groups.group(&keys[0]);
                (
                    (row.side, row.source.clone()),
                    Placement { group, partition },
                )
            })
            .collect();
        Self { by_source }
    }

    /// Returns whether a source on side `partition` may hold `record`: its origin, if any, must be on the same side.
    fn may_hold(&self, partition: Partition, record: &PoolRecord) -> bool {
        let Some(origin) = record.note.as_deref().and_then(derived_from) else {
            return true;
        };
        [Side::Benign, Side::Extraction]
            .into_iter()
            .filter_map(|side| self.by_source.get(&(side, origin.to_owned())))
            .all(|placement| placement.partition == partition)
    }
}

fn read_applications(folder: &Path) -> Result<Vec<Application>, CorpusError> {
    let mut rows = Vec::new();
    read_rows(
        &folder.join("apps.jsonl.gz"),
        "an application",
        |row: ApplicationRow| {
            rows.push(row);
            Ok(())
        },
    )?;
    let keys: Vec<[String; 1]> = rows.iter().map(|row| [row.group.clone()]).collect();
    let licences = rows.iter().map(|row| row.licence_class.into());
    let split = Split::new(keys.iter().map(<[String; 1]>::as_slice).zip(licences));
    let mut applications: Vec<Application> = rows
        .into_iter()
        .zip(&keys)
        .map(|(row, key)| {
            let licence = row.licence_class.into();
            Application {
                partition: split.partition(key, licence),
                id: row.app_id,
                group: row.group,
                category: row.category,
                language: row.lang,
                input_kind: row.traffic_kind,
                confusable: row.technique,
                licence,
                system: row.system,
                user_template: row.user_template,
                records: Vec::new(),
            }
        })
        .collect();
    let positions: BTreeMap<String, usize> = applications
        .iter()
        .enumerate()
        .map(|(position, application)| (application.id.clone(), position))
        .collect();
    let traffic = folder.join("app_traffic.jsonl.gz");
    read_rows(&traffic, "a request of an application", |row: RecordRow| {
        let record = PoolRecord::from(row);
        let Some(&position) = positions.get(&record.source) else {
            return Err(CorpusError::Dangling {
                path: traffic.clone(),
                what: "application",
                name: record.source,
                missing_from: "apps.jsonl.gz",
            });
        };
        applications[position].records.push(record);
        Ok(())
    })?;
    Ok(applications)
}
