//! The help of every command fits the narrowest terminal.

use clap::CommandFactory;
use workbook::cli::Cli;

/// Every command with its subcommands.
fn all(command: &clap::Command, found: &mut Vec<clap::Command>) {
    found.push(command.clone());
    for inner in command.get_subcommands() {
        all(inner, found);
    }
}

#[test]
fn no_help_is_wider_than_80_columns() {
    let mut root = Cli::command();
    root.build();
    let mut commands = Vec::new();
    all(&root, &mut commands);
    assert!(commands.len() > 12, "{} commands", commands.len());
    for mut command in commands {
        let name = command.get_name().to_owned();
        for help in [
            command.render_help().to_string(),
            command.render_long_help().to_string(),
        ] {
            for line in help.lines() {
                assert!(line.chars().count() <= 80, "{name}: {line}");
            }
        }
        let is_hidden = command.is_hide_set();
        let says = command
            .get_about()
            .map(ToString::to_string)
            .unwrap_or_default();
        assert!(is_hidden || !says.is_empty(), "{name} says what it does");
    }
}
