//! A run, as a person reads it.

use super::program::{Answer, Program, shown};
use super::turns::{Because, Event};

/// The columns in front of what a thread does.
const INDENT: &str = "          ";

/// Tells a run line by line: the operations, and where a thread stopped in the
/// middle of one and others went on.
pub(super) fn story(
    program: &Program,
    answers: &[Vec<Answer>],
    log: &[(usize, Event)],
) -> Vec<String> {
    let mut teller = Teller {
        program,
        answers,
        within: vec![None; program.threads.len()],
        lines: vec![format!("At first: {}.", shown(&program.initial()))],
        speaker: None,
    };
    if let Some(fails) = program.fails {
        let line = format!("Operation {fails} of the disk, counted from here, fails.");
        teller.lines.push(line);
    }
    for (thread, event) in log {
        teller.tell(*thread, event);
    }
    teller.lines
}

struct Teller<'r> {
    program: &'r Program,
    answers: &'r [Vec<Answer>],
    /// The operation that each thread is in.
    within: Vec<Option<usize>>,
    lines: Vec<String>,
    /// Who does what the last line tells.
    speaker: Option<usize>,
}

impl Teller<'_> {
    fn tell(&mut self, thread: usize, event: &Event) {
        match event {
            Event::Called(number) => {
                self.within[thread] = Some(*number);
                let words = self.program.words(thread, *number);
                self.says(thread, &words);
            }
            Event::Returned(number) => {
                let answer = &self.answers[thread][*number];
                if self.speaker == Some(thread) {
                    let line = self.lines.last_mut().expect("a speaker has spoken");
                    line.push_str(&answer.to_string());
                } else {
                    let words = self.program.words(thread, *number);
                    let verb = match answer {
                        Answer::Done | Answer::Synced(_) => " ends",
                        _ => "",
                    };
                    self.says(thread, &format!("goes on: {words}{verb}{answer}"));
                }
                self.within[thread] = None;
            }
            Event::Passed(place) => {
                if self.within[thread].is_some() {
                    self.stops(thread, &format!("is held up {place}"));
                }
            }
            Event::Waited(lock, because) => {
                let what = match because {
                    Because::Held(of, at) => {
                        let of = match *of == thread {
                            true => "it took itself".to_owned(),
                            false => format!("thread {} took", of + 1),
                        };
                        format!("what {of} at {}:{}", at.file(), at.line())
                    }
                    Because::Writer(of) => {
                        format!("thread {}, which waits to write there", of + 1)
                    }
                };
                self.stops(
                    thread,
                    &format!("waits at {}:{}", lock.at.file(), lock.at.line()),
                );
                self.lines.push(format!("{INDENT}for {what}"));
            }
            Event::Slept(condvar) => {
                let at = condvar.at;
                self.stops(thread, &format!("sleeps at {}:{}", at.file(), at.line()));
            }
        }
    }

    fn says(&mut self, thread: usize, words: &str) {
        self.lines.push(format!("thread {}  {words}", thread + 1));
        self.speaker = Some(thread);
    }

    fn stops(&mut self, thread: usize, how: &str) {
        if self.speaker == Some(thread) {
            let line = self.lines.last_mut().expect("a speaker has spoken");
            line.push_str(" begins,");
        } else {
            self.says(thread, "goes on,");
        }
        self.lines.push(format!("{INDENT}and {how}"));
        self.speaker = None;
    }
}
