//! The live book: what the server answers, and what it pushes after a save.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::Stdio;
use std::time::Instant;

use serde_json::Value;

use crate::server::{PATIENCE, Server};
use crate::shelf::{
    FIND, FOUND, LIB, close, derived, page, program, run, solve_first, solve_the_rest,
};

/// What the server pushes.
struct Events {
    stream: BufReader<TcpStream>,
    until: Instant,
}

impl Events {
    fn of(server: &Server) -> Self {
        let stream = server.request("/events", &format!("localhost:{}", server.port));
        Self {
            stream: BufReader::new(stream),
            until: Instant::now() + PATIENCE,
        }
    }

    /// The next event's name and data.
    fn next(&mut self) -> (String, Value) {
        let mut name = String::new();
        loop {
            let mut line = String::new();
            let read = self.stream.read_line(&mut line).unwrap();
            assert_ne!(read, 0, "the stream ended");
            assert!(
                Instant::now() < self.until,
                "what was waited for never came"
            );
            if let Some(event) = line.strip_prefix("event: ") {
                name = event.trim().to_owned();
            } else if let Some(data) = line.strip_prefix("data: ") {
                return (name, serde_json::from_str(data).unwrap());
            }
        }
    }

    /// Waits for a progress of which `is_it` holds.
    fn progress(&mut self, is_it: impl Fn(&Value) -> bool) -> Value {
        loop {
            let (name, data) = self.next();
            if name == "progress" && is_it(&data) {
                return data;
            }
        }
    }

    /// Waits until nothing is being judged and the exercises stand like this.
    fn states(&mut self, expected: [&str; 3]) -> Value {
        self.progress(|progress| {
            let chapter = &progress["chapters"][0];
            chapter["judging"] == false && states(progress) == expected
        })
    }

    /// Waits for an event of this name.
    fn named(&mut self, wanted: &str) -> Value {
        loop {
            let (name, data) = self.next();
            if name == wanted {
                return data;
            }
        }
    }
}

fn states(progress: &Value) -> Vec<&str> {
    let exercises = progress["chapters"][0]["exercises"].as_array().unwrap();
    exercises
        .iter()
        .map(|e| e["state"].as_str().unwrap())
        .collect()
}

#[test]
fn pages_progress_and_nothing_for_strangers() {
    let fixture = derived();
    let mut server = Server::start(&fixture, 0);
    let (head, body) = server.get("/");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(head.contains("cache-control: no-cache"), "{head}");
    assert!(body.contains("A book about"), "{body}");
    let (_, put) = server.get("/ch01-shelf/01-put.html");
    assert!(
        put.contains("pub fn put(&amp;mut self, title: &amp;str)"),
        "{put}"
    );
    let (head, body) = server.get("/progress");
    assert!(head.contains("application/json"), "{head}");
    let progress: Value = serde_json::from_str(&body).unwrap();
    // Each page brings it along, so that it is painted with its marks; and no
    // browser keeps a page whose progress is an old one.
    let (head, page) = server.get("/ch01-shelf/01-put.html");
    let (_, sent) = page
        .split_once("id=\"strata-progress\" type=\"application/json\">")
        .unwrap();
    let sent: Value = serde_json::from_str(sent.split_once('<').unwrap().0).unwrap();
    assert_eq!(sent["next"], progress["next"]);
    assert_eq!(
        sent["chapters"][0]["exercises"],
        progress["chapters"][0]["exercises"]
    );
    assert!(page.trim_end().ends_with("</html>"), "{page}");
    assert!(!head.contains("last-modified"), "{head}");
    assert_eq!(progress["next"], "1.1");
    assert_eq!(
        progress["chapters"][0]["exercises"][0]["title"],
        "Books in their place"
    );

    assert!(server.get("/nowhere.html").0.starts_with("HTTP/1.1 404"));
    assert!(
        server
            .get("/../../../Cargo.toml")
            .0
            .starts_with("HTTP/1.1 404")
    );
    for stranger in [
        "evil.example",
        "evil.example:4000",
        "",
        "127.0.0.1.evil.example",
    ] {
        let (head, body) = server.get_from("/progress", stranger);
        assert!(head.starts_with("HTTP/1.1 403"), "{stranger}: {head}");
        assert!(!body.contains("chapters"), "{body}");
    }
    // The exercise under work is judged at once, so that a save is quick.
    server.says("1. A shelf, judged in");
}

#[test]
fn what_cargo_cannot_start_without_is_put_back() {
    let fixture = derived();
    solve_first(&fixture);
    let written = fixture.read(LIB);
    let mut server = Server::start(&fixture, 0);
    server.says("1. A shelf, judged in");
    let chapter = fixture.root().join("chapters/ch01-shelf");
    std::fs::remove_file(chapter.join("Cargo.toml")).unwrap();
    server.says("chapters/ch01-shelf/Cargo.toml was gone");
    assert!(chapter.join("Cargo.toml").is_file());
    std::fs::rename(&chapter, fixture.root().join("elsewhere")).unwrap();
    server.says("chapters/ch01-shelf was gone");
    assert!(chapter.join("src/tests.rs").is_file());
    assert_eq!(fixture.read(LIB), written);
}

#[test]
fn a_check_of_one_exercise_is_remembered() {
    let fixture = derived();
    solve_first(&fixture);
    run(&fixture, &["check", "1.1"]);
    let mut server = Server::start(&fixture, 0);
    server.says("You are at 1.2 ");
}

#[test]
fn predictions_are_kept_in_a_file_and_told_to_every_page() {
    let fixture = derived();
    let one = Server::start(&fixture, 0);
    let own = format!("http://127.0.0.1:{}", one.port);
    let mut events = Events::of(&one);
    events.named("predictions");
    let prediction = |text: &str, second: u32| {
        format!(
            r#"{{"ch01-shelf/How many?": {{"text": "{text}", "question": "How many?",
                "page": "ch01-shelf/01-put.html", "when": "2026-03-01T10:00:0{second}.000Z"}}}}"#
        )
    };
    let text = |answer: &str| -> Value {
        let answer: Value = serde_json::from_str(answer).unwrap();
        assert_eq!(answer["place"], ".strata/predictions.json");
        answer["predictions"]["ch01-shelf/How many?"]["text"].clone()
    };
    assert_eq!(text(&one.get("/predictions").1), Value::Null);
    let (head, body) = one.post_from("/predictions", &own, &prediction("half", 2));
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert_eq!(text(&body), "half");
    events.named("predictions");
    assert!(
        fixture
            .read(".strata/predictions.json")
            .contains("\"half\"")
    );
    // What an older browser hands in late takes nothing away.
    let (_, body) = one.post_from("/predictions", &own, &prediction("none", 1));
    assert_eq!(text(&body), "half");
    // Another workbook on another port has the same.
    let two = Server::start(&fixture, one.port);
    assert_eq!(text(&two.get("/predictions").1), "half");
    // A page of another site may not write, nor one without a site.
    let elsewhere = format!("http://localhost:{}", one.port);
    for stranger in [
        "http://evil.example",
        "null",
        "https://127.0.0.1",
        &elsewhere,
    ] {
        let (head, _) = one.post_from("/predictions", stranger, &prediction("all", 3));
        assert!(head.starts_with("HTTP/1.1 403"), "{stranger}: {head}");
    }
    assert_eq!(text(&one.get("/predictions").1), "half");
    // A file that somebody broke is not written over.
    fixture.write(".strata/predictions.json", "{");
    let (head, body) = one.post_from("/predictions", &own, &prediction("all", 3));
    assert!(head.starts_with("HTTP/1.1 500"), "{head}");
    assert!(body.contains(".strata/predictions.json"), "{body}");
    assert_eq!(fixture.read(".strata/predictions.json"), "{");
}

#[test]
fn a_save_is_judged_and_pushed_to_every_open_page() {
    let fixture = derived();
    close(&fixture);
    let mut server = Server::start(&fixture, 0);
    let (mut one, mut two) = (Events::of(&server), Events::of(&server));
    one.states(["not-started", "not-started", "not-started"]);
    solve_first(&fixture);
    for events in [&mut one, &mut two] {
        let progress = events.states(["solved", "not-started", "not-started"]);
        assert_eq!(progress["next"], "1.2");
    }
    server.says("✓ 1.1 Books in their place: Solved");

    // Code that does not compile is survived, shown, and takes nothing back.
    fixture.edit(LIB, FIND, "self.books.len(");
    let broken = one.progress(|progress| !progress["chapters"][0]["trouble"].is_null());
    let trouble = &broken["chapters"][0]["trouble"];
    assert_eq!(trouble["state"], "compile-error");
    let says = trouble["output"].as_str().unwrap();
    assert!(
        says.starts_with("error: ") && !says.contains('\x1b'),
        "{says}"
    );
    assert_eq!(trouble["place"]["file"], LIB);
    assert_eq!(broken["chapters"][0]["exercises"][0]["was_solved"], true);
    server.says("The chapter does not compile yet");
    fixture.edit(LIB, "self.books.len(", FOUND);
    one.states(["solved", "solved", "not-started"]);
    // What stands as it stood before the error is not said again.
    server.says("judged in");
    let said = server.says("· 1.3 Taking one away");
    assert!(said.contains("✓ 1.2") && !said.contains("1.1"), "{said}");

    solve_the_rest(&fixture);
    one.states(["solved", "solved", "solved"]);
    server.says("Every exercise of this chapter is solved.");
    server.says("cargo run -- read ch01-shelf/what-you-built");
}

/// Between a save and its verdict may be minutes, which are not to be silent.
#[test]
fn what_is_being_judged_is_said_before_its_verdict() {
    let fixture = derived();
    let mut child = program(&fixture, &["--port", "0"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    stderr.read_line(&mut first).unwrap();
    // It runs until it is ended.
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(first, "Judging chapter 1 …\n");
}

/// Cargo lets one at a time compile, and whoever waited was told of nothing.
#[cfg(unix)]
#[test]
fn a_command_that_waits_for_the_book_says_so() {
    use std::fs::{self, File, Permissions};
    use std::io::Write;
    use std::os::unix::fs::PermissionsExt;
    use std::process::Command;

    let fixture = derived();
    solve_first(&fixture);
    let [linker, pipe, go] = ["linker", "pipe", "go"].map(|name| fixture.root().join(name));
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    // It does not begin before something comes through the pipe.
    let script =
        format!("#!/bin/sh\nif [ ! -e {go:?} ]; then read line < {pipe:?}; fi\nexec cc \"$@\"\n");
    fs::write(&linker, script).unwrap();
    fs::set_permissions(&linker, Permissions::from_mode(0o755)).unwrap();
    let config = format!("[build]\nrustflags = [\"-Clinker={}\"]\n", linker.display());
    fixture.write(".cargo/config.toml", &config);
    let _server = Server::start(&fixture, 0);
    // Opens once the linker does.
    let mut pipe = File::options().write(true).open(&pipe).unwrap();
    let mut check = program(&fixture, &["check", "1.1"])
        .env_remove("CARGO_TERM_PROGRESS_WHEN")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    let mut stderr = BufReader::new(check.stderr.take().unwrap());
    stderr.read_line(&mut first).unwrap();
    assert_eq!(
        first,
        "Waiting for the book that is open, which is judging chapter 1 …\n"
    );
    File::create(go).unwrap();
    pipe.write_all(b"\n").unwrap();
    let said = check.wait_with_output().unwrap();
    let said = String::from_utf8(said.stdout).unwrap();
    assert!(said.starts_with("✓ 1.1"), "{said}");
}

#[test]
fn a_save_during_judging_starts_it_anew() {
    let fixture = derived();
    solve_first(&fixture);
    let server = Server::start(&fixture, 0);
    let mut events = Events::of(&server);
    events.states(["solved", "not-started", "not-started"]);
    // Endless: without the second save the verdict would take its time limit.
    let endless = "loop { std::thread::park(); }";
    fixture.edit(LIB, FIND, endless);
    events.progress(|progress| progress["chapters"][0]["judging"] == true);
    fixture.edit(LIB, endless, FOUND);
    let progress = events.states(["solved", "solved", "not-started"]);
    assert_eq!(progress["next"], "1.3");
}

#[test]
fn a_chapter_may_vanish_and_is_watched_when_it_is_back() {
    let fixture = derived();
    let mut server = Server::start(&fixture, 0);
    let mut events = Events::of(&server);
    events.states(["not-started", "not-started", "not-started"]);
    let chapter = fixture.root().join("chapters/ch01-shelf");
    std::fs::rename(&chapter, fixture.root().join("elsewhere")).unwrap();
    server.says("chapters/ch01-shelf was gone");
    solve_first(&fixture);
    events.states(["solved", "not-started", "not-started"]);
}

#[test]
fn an_edited_page_is_rendered_and_a_faulty_one_is_not() {
    let fixture = derived();
    let server = Server::start(&fixture, 0);
    let mut events = Events::of(&server);
    events.states(["not-started", "not-started", "not-started"]);
    fixture.edit(page("01-put"), "A heap is no shelf.", "A heap is a heap.");
    let changed = events.named("book");
    let changed: Vec<&str> = changed
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert!(changed.contains(&"ch01-shelf/01-put.html"), "{changed:?}");
    assert!(!changed.contains(&"ch01-shelf/02-find.html"), "{changed:?}");
    assert!(
        server
            .get("/ch01-shelf/01-put.html")
            .1
            .contains("A heap is a heap.")
    );

    fixture.edit(page("01-put"), "{{#signature", "{{#signatur");
    let progress = events.progress(|progress| !progress["book_trouble"].is_null());
    let trouble = progress["book_trouble"].as_str().unwrap();
    assert!(
        trouble.starts_with("book/src/ch01-shelf/01-put.md:"),
        "{trouble}"
    );
    assert!(
        server
            .get("/ch01-shelf/01-put.html")
            .1
            .contains("A heap is a heap.")
    );
    fixture.edit(page("01-put"), "{{#signatur ", "{{#signature ");
    events.progress(|progress| progress["book_trouble"].is_null());

    // Titles come from the table of contents.
    fixture.edit("book/src/SUMMARY.md", "1.1 Books in their place", "1.1 Put");
    events.progress(|p| p["chapters"][0]["exercises"][0]["title"] == "Put");
}

#[test]
fn whatever_goes_wrong_is_survived_while_it_watches() {
    let fixture = derived();
    solve_first(&fixture);
    let server = Server::start(&fixture, 0);
    let mut events = Events::of(&server);
    events.states(["solved", "not-started", "not-started"]);
    let lock = "let lock = std::sync::Mutex::new(());\n        \
        drop((lock.lock(), lock.lock()));\n        None";
    let mut body = FIND;
    for (wrong, state, cause) in [
        ("panic!(\"a crooked shelf\")", "failing", "panic"),
        ("loop { std::hint::spin_loop(); }", "hung", "endless-loop"),
        (lock, "hung", "deadlock"),
        (
            "self.find(title).map(|at| at + 1)",
            "aborted",
            "stack-overflow",
        ),
        ("std::process::exit(0)", "aborted", "exit"),
        #[cfg(unix)]
        ("std::process::abort()", "aborted", "abort"),
    ] {
        fixture.edit(LIB, body, wrong);
        body = wrong;
        let progress = events.progress(|progress| {
            let exercise = &progress["chapters"][0]["exercises"][1];
            let known = exercise["cause"] == cause || exercise["cause"] == "never-ended";
            progress["chapters"][0]["judging"] == false && exercise["state"] == state && known
        });
        let first = &progress["chapters"][0]["exercises"][0];
        assert_eq!(first["state"], "solved");
    }
    fixture.edit(LIB, body, FOUND);
    events.states(["solved", "solved", "not-started"]);
}

#[test]
fn a_book_that_was_never_good_is_explained() {
    let fixture = derived();
    fixture.edit(page("01-put"), "{{#signature", "{{#signatur");
    let server = Server::start(&fixture, 0);
    let (head, body) = server.get("/");
    assert!(head.starts_with("HTTP/1.1 503"), "{head}");
    assert!(body.contains("{{#signatur}} is no directive"), "{body}");
}

#[test]
fn a_port_that_is_taken_is_no_hindrance() {
    let fixture = derived();
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    let one = Server::start(&fixture, port);
    let two = Server::start(&fixture, one.port);
    for (server, taken) in [(&one, port), (&two, one.port)] {
        let said = format!("Port {taken} is taken: by another program, or by a book that is ");
        assert!(server.greeting.starts_with(&said), "{}", server.greeting);
        assert_ne!(server.port, taken);
    }
    // A page finds the server under this name, too, whatever it means here.
    let localhost = TcpStream::connect(("localhost", one.port)).unwrap();
    drop(localhost);
    // Both judge the same save.
    let events = [Events::of(&one), Events::of(&two)];
    solve_first(&fixture);
    for mut events in events {
        events.states(["solved", "not-started", "not-started"]);
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_it_cleanly_while_a_test_hangs() {
    let fixture = derived();
    solve_first(&fixture);
    let mut server = Server::start(&fixture, 0);
    let mut events = Events::of(&server);
    events.states(["solved", "not-started", "not-started"]);
    let marker = fixture.root().join("running");
    let hang =
        format!("std::fs::write({marker:?}, \"\").unwrap(); loop {{ std::thread::park(); }}");
    fixture.edit(LIB, FIND, &hang);
    events.progress(|progress| progress["chapters"][0]["judging"] == true);
    let pid = server.child.id().to_string();
    let kill = std::process::Command::new("kill")
        .args(["-INT", &pid])
        .status();
    assert!(kill.unwrap().success());
    let mut rest = String::new();
    // Ends when nobody holds the pipe any more, hanging tests included.
    std::io::Read::read_to_string(&mut server.said, &mut rest).unwrap();
    assert!(rest.contains("Until next time."), "{rest}");
    assert!(server.child.wait().unwrap().success());
}

#[test]
fn outside_of_a_workspace_it_says_where_to_go() {
    let fixture = derived();
    let outside = tempfile::tempdir().unwrap();
    let output = program(&fixture, &[])
        .current_dir(outside.path())
        .output()
        .unwrap();
    assert!(!output.status.success());
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(words.contains("no workspace around"), "{words}");
    assert!(!run(&fixture, &["--port", "70000"]).success);
}
