//! The program while it serves the book.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Child, ChildStdout, Stdio};
use std::time::Duration;

use crate::shelf::{Fixture, program};

/// Far longer than anything here takes: who waits longer waits for ever.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The program while it serves; it ends with this value.
pub(crate) struct Server {
    pub(crate) child: Child,
    pub(crate) said: BufReader<ChildStdout>,
    pub(crate) port: u16,
    /// What it said before its address.
    pub(crate) greeting: String,
}

impl Server {
    pub(crate) fn start(fixture: &Fixture, port: u16) -> Self {
        // Far longer than any test here takes that ends.
        let mut child = program(fixture, &["--port", &port.to_string(), "--limit", "3"])
            .stdout(Stdio::piped())
            // A fault of the book is told there, too.
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let said = BufReader::new(child.stdout.take().unwrap());
        let mut server = Self {
            child,
            said,
            port: 0,
            greeting: String::new(),
        };
        while server.port == 0 {
            let mut line = String::new();
            let read = server.said.read_line(&mut line).unwrap();
            assert_ne!(read, 0, "it ended: {}", server.greeting);
            match line.split_once("http://127.0.0.1:") {
                Some((_, rest)) => {
                    let digits = rest.split(' ').next().unwrap();
                    server.port = digits.parse().unwrap();
                }
                None => server.greeting.push_str(&line),
            }
        }
        server
    }

    /// Status line and head of an answer, and its body.
    pub(crate) fn get(&self, path: &str) -> (String, String) {
        self.get_from(path, &format!("127.0.0.1:{}", self.port))
    }

    pub(crate) fn get_from(&self, path: &str, host: &str) -> (String, String) {
        answer(self.request(path, host))
    }

    /// Posts JSON as a page of `origin` does.
    pub(crate) fn post_from(&self, path: &str, origin: &str, body: &str) -> (String, String) {
        let mut stream = self.connect();
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nOrigin: {origin}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{body}",
            self.port,
            body.len(),
        )
        .unwrap();
        answer(stream)
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    pub(crate) fn request(&self, path: &str, host: &str) -> TcpStream {
        let mut stream = self.connect();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        stream
    }

    /// Reads what it says until a line holds `text`, and answers all of it.
    pub(crate) fn says(&mut self, text: &str) -> String {
        let mut all = String::new();
        while !all.contains(text) {
            let read = self.said.read_line(&mut all).unwrap();
            assert_ne!(read, 0, "it ended without {text}: {all}");
        }
        all
    }
}

/// Status line and head of an answer, and its body.
fn answer(mut stream: TcpStream) -> (String, String) {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

impl Drop for Server {
    fn drop(&mut self) {
        // Fails only if the test ended it already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
