//! The gallery as a table, with the smallest proof of each crime.

use conformance::Level;
use conformance::suite::Rejection;

use crate::exhibit::Exhibit;

/// The gallery as a Markdown table, the same on every run: clause, level, the
/// wrong engine and its crime, and the smallest script that shows it.
pub fn table(verdicts: &[(Exhibit, Result<(), Rejection>)]) -> String {
    let mut table = String::from(
        "| clause | level | wrong engine | its crime | smallest script |\n\
         |---|---|---|---|---|\n",
    );
    for (exhibit, verdict) in verdicts {
        let Exhibit {
            name,
            clause,
            level,
            crime,
            ..
        } = exhibit;
        let proof = match verdict {
            Ok(()) => "none".to_owned(),
            Err(rejection) => proof(*level, rejection),
        };
        let number = clause.number();
        table.push_str(&format!(
            "| {number} | {level} | {name} | {crime} | {proof} |\n"
        ));
    }
    table
}

/// What convicts an exhibit, in a line: the script and how to replay it; for
/// threads that are steered, what they do beside each other; for those that
/// are not, where no run is like the other, that there are threads.
pub fn proof(level: Level, rejection: &Rejection) -> String {
    let failure = &rejection.failure;
    if let Some(beside) = &failure.beside {
        return beside.clone();
    }
    match &failure.script {
        Some(script) if level != Level::Concurrent => {
            let mut proof = format!("`{script}`");
            for (variable, value) in &failure.replay {
                proof.push_str(&format!(" `{variable}={value}`"));
            }
            proof.replace('|', "\\|")
        }
        _ if level == Level::Concurrent => "threads, by chance".to_owned(),
        _ => rejection.check.replace('_', " "),
    }
}
