//! Who is best at what: the few lines that a reader wants first.

use crate::class::Class;
use crate::family::Family;
use crate::summary::{Cell, Measure, Summary};

/// The best of a class and family.
#[derive(Debug, Clone, PartialEq)]
pub struct Best {
    /// The class.
    pub class: Class,
    /// The family.
    pub family: Family,
    /// Who did all of its workloads, and does best: by the geometric mean of
    /// its ratios to the best at each.
    pub contender: String,
    /// Who is behind by less than the spread.
    pub tied: Vec<String>,
    /// How many have a figure at all.
    pub of: usize,
}

/// The best of each class and family.
pub fn best(summary: &Summary) -> Vec<Best> {
    let mut all = Vec::new();
    for class in summary.classes() {
        let families = summary.families(class).into_iter();
        all.extend(families.filter_map(|family| best_of(summary, class, family)));
    }
    all
}

fn best_of(summary: &Summary, class: Class, family: Family) -> Option<Best> {
    let cells = summary.family(class, family);
    let mut workloads: Vec<&str> = cells.iter().map(|cell| cell.workload.as_str()).collect();
    workloads.dedup();
    let mut names: Vec<&str> = Vec::new();
    for cell in cells.iter().filter(|cell| cell.competes()) {
        if !names.contains(&cell.contender.as_str()) {
            names.push(&cell.contender);
        }
    }
    let of = names.len();
    let mean = |name: &str| mean(&cells, name, workloads.len());
    let mut means: Vec<(f64, &str)> = names
        .into_iter()
        .filter_map(|name| Some((mean(name)?, name)))
        .collect();
    means.sort_by(|one, other| other.0.total_cmp(&one.0));
    let (most, first) = *means.first()?;
    let spread = spread(&cells, first);
    let is_tied = |mean: f64| spread.is_some_and(|spread| most - mean <= spread);
    let behind = means[1..].iter().filter(|(mean, _)| is_tied(*mean));
    Some(Best {
        class,
        family,
        contender: first.into(),
        tied: behind.map(|(_, name)| (*name).to_string()).collect(),
        of,
    })
}

/// The logarithm of the mean ratio to the best, of one that did all workloads.
fn mean(cells: &[&Cell], name: &str, workloads: usize) -> Option<f64> {
    let own = cells.iter().filter(|cell| cell.contender == name);
    let ratios: Vec<f64> = own.filter_map(|cell| cell.of_best).collect();
    (ratios.len() == workloads).then(|| average(ratios.iter().map(|ratio| ratio.ln())))
}

/// The mean spread of one's cells.
fn spread(cells: &[&Cell], name: &str) -> Option<f64> {
    let own = cells.iter().filter(|cell| cell.contender == name);
    let spread = |cell: &&Cell| cell.medians.get(&Measure::EntriesPerSecond)?.spread;
    let spreads: Option<Vec<f64>> = own
        .map(|cell| spread(cell).map(|spread| spread.ln()))
        .collect();
    spreads.map(|spreads| average(spreads.into_iter()))
}

#[expect(clippy::cast_precision_loss, reason = "workloads are few")]
fn average(figures: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = figures.len().max(1) as f64;
    figures.sum::<f64>() / count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn the_best_did_everything_and_was_never_wrong() {
        let best = best(&Summary::of(&fixture::report()));
        let of = |class, family| {
            let mut all = best.iter();
            let found = all.find(|best| best.class == class && best.family == family);
            found.unwrap().clone()
        };
        let gets = of(Class::Power, Family::Get);
        assert_eq!(gets.contender, "lsm", "rocksdb was wrong at one of them");
        assert_eq!(gets.of, 4);
        let durable = of(Class::Power, Family::DurableWrite);
        assert_eq!(durable.contender, "rocksdb");
        assert_eq!(
            durable.tied,
            ["lsm"],
            "a tenth behind, and so is the spread"
        );
        let memory = of(Class::InMemory, Family::Get);
        assert_eq!(memory.contender, "btreemap", "not the control");
    }
}
