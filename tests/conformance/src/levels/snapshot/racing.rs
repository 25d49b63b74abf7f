//! Scans and snapshots while other threads write: what the writers keep at
//! every moment, the readers must find.

use engine::{Cursor, Error, KeyRange, Order, Snapshot, Write};

use super::scans::ORDERS;
use crate::budget::Budget;
use crate::level::Clause;
use crate::levels::concurrent::random::Random;
use crate::levels::concurrent::together::{Gate, together};
use crate::levels::playing::{failed, opened};
use crate::report::Failure;
use crate::script::{numbered, shown};
use crate::subject::{Opened, Subject};

const CLAUSE: Clause = Clause::OrderedScans;

/// Accounts, more than a chunk, and what each has at first. Two writers own
/// every second one.
const ACCOUNTS: usize = 80;
const EACH: u64 = 100;
const TOTAL: u64 = ACCOUNTS as u64 * EACH;
const WRITERS: usize = 2;

/// What each account holds. One without money is a key that is absent.
type Balances = [u64; ACCOUNTS];

pub(super) fn a_scan_beside_writers_keeps_a_sum(
    s: &Subject,
    budget: &Budget,
) -> Result<(), Failure> {
    let name = "a_scan_beside_writers_keeps_a_sum";
    beside_writers(s, budget, name, |engine, random| {
        let order = random.pick(&ORDERS);
        let cursor = done(engine.scan(KeyRange::all(), order))?;
        let found = balances(cursor, order)?;
        check_sum("A scan", order, &found)
    })
}

pub(super) fn a_snapshot_beside_writers_keeps_a_sum(
    s: &Subject,
    budget: &Budget,
) -> Result<(), Failure> {
    let name = "a_snapshot_beside_writers_keeps_a_sum";
    beside_writers(s, budget, name, |engine, random| {
        let snapshot = snapshot(engine)?;
        random.dawdle();
        let order = random.pick(&ORDERS);
        let scan = |order| {
            let cursor = done(snapshot.scan(KeyRange::all(), order))?;
            balances(cursor, order)
        };
        let first = scan(order)?;
        check_sum("The scan of a snapshot", order, &first)?;
        let mut value = Vec::new();
        for (number, balance) in first.iter().enumerate() {
            let (key, _) = numbered(number);
            let is_there = done(snapshot.get_into(&key, &mut value))?;
            let found = if is_there { balance_of(&value)? } else { 0 };
            if found != *balance {
                return Err(Failure::new(
                    CLAUSE,
                    "A snapshot beside two writers was read by a scan and then by gets, and they \
                     differ.",
                )
                .expected(format!("{} holds {balance}", shown(&key)))
                .found(format!("it holds {found}")));
            }
        }
        match scan(random.pick(&ORDERS))? == first {
            true => Ok(()),
            false => Err(Failure::new(
                CLAUSE,
                "Two scans of one snapshot, beside two writers, found different entries.",
            )),
        }
    })
}

/// Lets two threads move money between accounts, in batches, while this one
/// looks.
fn beside_writers(
    s: &Subject,
    budget: &Budget,
    name: &str,
    look: impl Fn(&Opened, &mut Random) -> Result<(), Failure> + Sync,
) -> Result<(), Failure> {
    let housed = opened(s, CLAUSE)?;
    let engine: &Opened = &housed;
    let entries: Vec<_> = (0..ACCOUNTS).map(numbered).collect();
    let each = EACH.to_string();
    let first: Vec<_> = entries
        .iter()
        .map(|(key, _)| Write::put(key, &each))
        .collect();
    done(engine.write(&first))?;
    let seed = budget.seed_of(name);
    together(budget, 1 + WRITERS, 200, |thread, gate| {
        let mut random = Random::new(seed, thread);
        if !gate.wait() {
            return Ok(());
        }
        if thread > 0 {
            return move_money(engine, gate, thread - 1, &mut random);
        }
        for number in 0_u32.. {
            look(engine, &mut random)?;
            gate.met();
            if gate.has_ended() || number % 8 == 7 && gate.is_enough() {
                break;
            }
        }
        gate.end();
        Ok(())
    })
}

/// Moves money between the accounts of one writer. One that gives away all it
/// has is deleted.
fn move_money(
    engine: &Opened,
    gate: &Gate,
    writer: usize,
    random: &mut Random,
) -> Result<(), Failure> {
    let mut balances: Balances = [EACH; ACCOUNTS];
    while !gate.has_ended() {
        let mine = |random: &mut Random| WRITERS * random.place(ACCOUNTS / WRITERS) + writer;
        let (from, to) = (mine(random), mine(random));
        if from == to || balances[from] == 0 {
            continue;
        }
        let all = balances[from];
        let amount = random.pick(&[all, 1 + random.clone().below(all)]);
        balances[from] -= amount;
        balances[to] += amount;
        let changed = [from, to].map(|number| (numbered(number).0, balances[number].to_string()));
        let mut batch = changed.each_ref().map(|(key, balance)| match &balance[..] {
            "0" => Write::delete(key),
            _ => Write::put(key, balance),
        });
        if random.below(2) == 0 {
            batch.reverse();
        }
        done(engine.write(&batch))?;
        if random.below(16) == 0 {
            done(engine.step())?;
        }
    }
    Ok(())
}

/// Reads a scan of accounts to its end.
fn balances(mut cursor: Box<dyn Cursor + '_>, order: Order) -> Result<Balances, Failure> {
    let mut balances = [0; ACCOUNTS];
    let mut numbers = 0..ACCOUNTS;
    while let Some((key, value)) = cursor.entry() {
        let is_it = |number: &usize| numbered(*number).0 == key;
        let number = match order {
            Order::Ascending => numbers.find(is_it),
            Order::Descending => numbers.rfind(is_it),
        };
        let Some(number) = number else {
            return Err(Failure::new(
                CLAUSE,
                "A scan beside two writers yields a key once more, or out of order.",
            )
            .expected("each key once, in order")
            .found(shown(key)));
        };
        balances[number] = balance_of(value)?;
        done(cursor.advance())?;
    }
    Ok(balances)
}

fn balance_of(value: &[u8]) -> Result<u64, Failure> {
    let text = std::str::from_utf8(value).ok();
    text.and_then(|text| text.parse().ok()).ok_or_else(|| {
        Failure::new(
            CLAUSE,
            "A read beside two writers answered a value that nobody wrote.",
        )
        .expected("a number")
        .found(shown(value))
    })
}

fn check_sum(what: &str, order: Order, found: &Balances) -> Result<(), Failure> {
    let sum: u64 = found.iter().sum();
    if sum == TOTAL {
        return Ok(());
    }
    let way = match order {
        Order::Ascending => "ascending",
        Order::Descending => "descending",
    };
    Err(Failure::new(
        CLAUSE,
        format!(
            "Two writers move money between {ACCOUNTS} accounts, each time in one batch, so that \
             at every moment these hold {TOTAL} together. {what}, {way}, belongs to no moment."
        ),
    )
    .expected(format!("a sum of {TOTAL}"))
    .found(format!("a sum of {sum}")))
}

pub(super) fn snapshot(engine: &Opened) -> Result<Box<dyn Snapshot + '_>, Failure> {
    let snapshots = engine.powers().snapshots;
    let snapshots = snapshots.ok_or(Error::Unsupported { what: "snapshots" });
    done(snapshots.and_then(|snapshots| snapshots.snapshot()))
}

pub(super) fn done<T>(result: engine::Result<T>) -> Result<T, Failure> {
    result.map_err(|error| failed(CLAUSE, &error))
}
