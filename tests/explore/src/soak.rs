//! Random scripts on one engine for an hour, with a line a minute.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use conformance::soak::{Counts, Found, Soak, Way};
use conformance::{Budget, suite};

use crate::engines::Engine;
use crate::find;

/// How long, and with which scripts.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    engine: String,
    /// How long it goes on; it can be ended by Ctrl-C.
    #[arg(long, default_value_t = 60.0)]
    minutes: f64,
    /// What the scripts follow from; without it, from STRATA_SEED.
    #[arg(long)]
    seed: Option<u64>,
    /// The number of the first script.
    #[arg(long, default_value_t = 0)]
    first: usize,
    /// How many scripts there are at most.
    #[arg(long, default_value_t = usize::MAX)]
    scripts: usize,
}

/// Set by Ctrl-C.
static STOP: AtomicBool = AtomicBool::new(false);

/// How often it is looked whether to stop.
const LOOK: Duration = Duration::from_millis(100);
const MINUTE: Duration = Duration::from_secs(60);

/// Tries scripts, and answers whether all is well.
///
/// # Errors
///
/// Why nothing can be tried, as a sentence.
pub(crate) fn run(arguments: &Arguments, budget: &Budget) -> Result<bool, String> {
    let engine = find(&arguments.engine)?;
    let seed = arguments.seed.unwrap_or(budget.seed);
    let length = Duration::try_from_secs_f64(arguments.minutes * 60.0)
        .map_err(|error| format!("--minutes: {error}"))?;
    let soak = Soak::new(&engine.subject, seed, arguments.first, arguments.scripts)
        .map_err(|failure| format!("{} does not open: {}", engine.name, failure.what))?;
    ctrlc::set_handler(on_interrupt).map_err(|error| error.to_string())?;

    println!(
        "{}, scripts of seed {seed}, for {} minutes or until Ctrl-C\n",
        engine.subject.name(),
        arguments.minutes
    );
    println!("{}", head());
    let start = Instant::now();
    let found = watched(&soak, start, length);
    println!("{}", line(start.elapsed(), &soak.counts()));
    let Some(found) = found else {
        println!("\nNo violation.");
        return Ok(true);
    };
    tell(&engine, &soak, seed, found);
    Ok(false)
}

/// The first Ctrl-C ends the soak, the second one the program.
fn on_interrupt() {
    if STOP.swap(true, Ordering::Relaxed) {
        std::process::exit(130);
    }
}

/// Runs the soak, and prints a line a minute meanwhile.
fn watched(soak: &Soak, start: Instant, length: Duration) -> Option<Found> {
    thread::scope(|scope| {
        let (send, done) = channel();
        scope.spawn(move || {
            // Whoever waits for it is there until it comes.
            let _sent = send.send(soak.run());
        });
        let mut next = MINUTE;
        loop {
            match done.recv_timeout(LOOK) {
                Ok(found) => return found,
                // Its panic goes on when the scope ends.
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => {}
            }
            let elapsed = start.elapsed();
            if elapsed >= length || STOP.load(Ordering::Relaxed) {
                soak.end();
            }
            if elapsed >= next {
                println!("{}", line(elapsed, &soak.counts()));
                next += MINUTE;
            }
        }
    })
}

/// Says what was found, makes it smaller, and says that.
fn tell(engine: &Engine, soak: &Soak, seed: u64, found: Found) {
    let Found { number, way, .. } = found;
    let (_, script) = soak.script(number);
    println!(
        "\nScript {number} fails ({}):\n\n    {script}\n",
        way.name()
    );
    println!(
        "It is drawn again by\n\n    cargo run -p explore -- soak {} --seed {seed} \
         --first {number} --scripts 1\n",
        engine.name
    );
    println!("What it does:\n\n{}", report(engine, &found));
    println!("It is made smaller, which takes a while …\n");
    println!("{}", report(engine, &soak.shrunk(found)));
}

fn report(engine: &Engine, found: &Found) -> String {
    let rejection = suite::Rejection {
        check: "soak",
        failure: found.failure.clone(),
    };
    suite::report(&engine.subject, found.level, &rejection)
}

/// What stands above the lines.
fn head() -> String {
    let ways: String = Way::ALL
        .iter()
        .map(|way| format!("{:>12}", way.name()))
        .collect();
    format!("{:>8}{ways}{:>12}", "minutes", "openings")
}

fn line(elapsed: Duration, counts: &Counts) -> String {
    let scripts: String = counts
        .scripts
        .iter()
        .map(|scripts| format!("{scripts:>12}"))
        .collect();
    let minutes = elapsed.as_secs_f64() / 60.0;
    format!("{minutes:>8.1}{scripts}{:>12}", counts.openings)
}
