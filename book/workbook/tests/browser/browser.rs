//! A browser, and a person in front of it.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use axum::http::Method;
use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand, WindowHandle};
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;
use url::{ParseError, Url};

/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// What chromedriver is told at the end.
const SHUTDOWN: &[u8] = b"GET /shutdown HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// A browser of its own, with nothing kept from before; it ends with this value.
pub(crate) struct Browser {
    driver: Child,
    port: u16,
    pub(crate) client: Client,
    /// What it leaves behind.
    _scratch: TempDir,
}

impl Browser {
    /// Starts a browser whose window is this wide.
    pub(crate) async fn start(width: u32) -> Self {
        let scratch = tempfile::tempdir().unwrap();
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .env("TMPDIR", scratch.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("these tests need chromedriver, and Chromium beside it");
        let mut said = BufReader::new(driver.stdout.take().unwrap());
        let port: u16 = loop {
            let mut line = String::new();
            assert_ne!(said.read_line(&mut line).unwrap(), 0, "chromedriver ended");
            if let Some((_, port)) = line.split_once("started successfully on port ") {
                break port.trim().trim_end_matches('.').parse().unwrap();
            }
        };
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities())
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("Chromium starts");
        let browser = Self {
            driver,
            port,
            client,
            _scratch: scratch,
        };
        browser.width(width).await;
        browser
    }

    /// Makes the window this wide, also narrower than a real one can be.
    pub(crate) async fn width(&self, width: u32) {
        let size = json!({
            "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false,
        });
        self.tell("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// Tells Chromium something that WebDriver has no words for.
    pub(crate) async fn tell(&self, command: &'static str, parameters: Value) {
        let told = self.client.issue_cmd(Tell(command, parameters)).await;
        told.expect("Chromium understands");
    }

    pub(crate) async fn open(&self, url: &str) {
        let opened = tokio::time::timeout(PATIENCE, self.client.goto(url)).await;
        opened.expect("the page comes").unwrap();
    }

    /// Opens a page in a tab of its own, and looks at that.
    pub(crate) async fn open_tab(&self, url: &str) -> WindowHandle {
        let tab = self.client.new_window(true).await.unwrap().handle;
        self.client.switch_to_window(tab.clone()).await.unwrap();
        self.open(url).await;
        tab
    }

    /// What a script answers.
    pub(crate) async fn ask(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    /// Waits until a condition holds, an expression of JavaScript.
    pub(crate) async fn until(&self, condition: &str) {
        let script = format!("return Boolean({condition})");
        // Each question goes to the browser and back: that is pause enough.
        let holds = async {
            while self.client.execute(&script, Vec::new()).await.ok() != Some(json!(true)) {}
        };
        if tokio::time::timeout(PATIENCE, holds).await.is_err() {
            let page = self.ask("return document.body.innerText").await;
            panic!("never came: {condition}\n{}", page.as_str().unwrap());
        }
    }

    /// Presses keys where the focus is.
    pub(crate) async fn press(&self, keys: &str) {
        let focus = self.client.active_element().await.unwrap();
        focus.send_keys(keys).await.unwrap();
    }

    /// Ends the browser, and whatever it holds.
    pub(crate) async fn close(self) {
        self.client.clone().close().await.unwrap();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It then ends the browser, too, also where a test has failed.
        let told = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))
            .and_then(|mut driver| driver.write_all(SHUTDOWN));
        if told.is_err() {
            // Fails only if it ended by itself.
            let _ = self.driver.kill();
        }
        let _ = self.driver.wait();
    }
}

fn capabilities() -> Capabilities {
    let options = json!({ "args": [
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--allow-file-access-from-files",
    ]});
    [("goog:chromeOptions".to_owned(), options)]
        .into_iter()
        .collect()
}

/// A command of Chromium's own protocol.
#[derive(Debug)]
struct Tell(&'static str, Value);

impl WebDriverCompatibleCommand for Tell {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        let session = session.unwrap_or_default();
        base.join(&format!("session/{session}/goog/cdp/execute"))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        let body = json!({ "cmd": self.0, "params": self.1 });
        (Method::POST, Some(body.to_string()))
    }
}
