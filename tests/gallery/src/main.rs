//! Prints the gallery of wrong engines as a Markdown table, or, for each name
//! that it is given (all, or part of one), what the suite says about that
//! engine.

use conformance::Budget;

fn main() {
    let names: Vec<String> = std::env::args().skip(1).collect();
    if names.is_empty() {
        print!("{}", gallery::table(&gallery::verdicts(&Budget::QUICK)));
        return;
    }
    for exhibit in gallery::all() {
        if names.iter().any(|name| exhibit.name.contains(name)) {
            println!("{}: {}\n", exhibit.name, exhibit.crime);
            println!("{}", exhibit.report(&Budget::QUICK));
        }
    }
}
