//! A real Chromium without a window, driven over the DevTools protocol.

use std::{path::PathBuf, process::Stdio, time::Duration};

use anyhow::{Context, Result, bail, ensure};
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    net::TcpStream,
    process::{Child, Command},
    time::{Instant, interval, timeout_at},
};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

/// How long the browser may take for anything.
const PATIENCE: Duration = Duration::from_secs(60);
const PACE: Duration = Duration::from_millis(50);

const FLAGS: [&str; 12] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1400,900",
    "--remote-debugging-port=0",
    // The internet is not there: a page that needs it does not work.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
];

/// One page in a browser of its own, with an empty profile. Gone when dropped.
pub struct Browser {
    process: Child,
    _profile: TempDir,
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    calls: u64,
    /// The page, among what the browser runs.
    session: String,
    /// Every address that the page or one of its workers has asked for.
    pub requests: Vec<String>,
    /// What the browser held against the page: exceptions and violations of its policy.
    pub complaints: Vec<String>,
}

impl Browser {
    pub async fn start() -> Result<Self> {
        let profile = tempfile::tempdir()?;
        let mut command = Command::new(program()?);
        command
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .kill_on_drop(true);
        let process = command.spawn().context("the browser does not start")?;
        // It writes its port and path there when it is ready.
        let file = profile.path().join("DevToolsActivePort");
        let deadline = Instant::now() + PATIENCE;
        let mut pace = interval(PACE);
        let address = loop {
            pace.tick().await;
            let text = std::fs::read_to_string(&file).unwrap_or_default();
            if let Some((port, path)) = text.trim().split_once('\n') {
                break format!("ws://127.0.0.1:{port}{path}");
            }
            ensure!(Instant::now() < deadline, "the browser does not listen");
        };
        let (socket, _) = connect_async(address).await?;
        let mut browser = Self {
            process,
            _profile: profile,
            socket,
            calls: 0,
            session: String::new(),
            requests: Vec::new(),
            complaints: Vec::new(),
        };
        browser.open_page().await?;
        Ok(browser)
    }

    async fn open_page(&mut self) -> Result<()> {
        let target = self.call("Target.createTarget", json!({ "url": "about:blank" })).await?;
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let attached = self.call("Target.attachToTarget", attach).await?;
        self.session = attached["sessionId"].as_str().context("a session")?.to_owned();
        for domain in ["Page", "Runtime", "Network", "Log"] {
            self.call(&format!("{domain}.enable"), json!({})).await?;
        }
        // Workers ask for things too: hold each until it is watched.
        let watch = json!({ "autoAttach": true, "waitForDebuggerOnStart": true, "flatten": true });
        self.call("Target.setAutoAttach", watch).await?;
        Ok(())
    }

    pub async fn goto(&mut self, url: &str) -> Result<()> {
        let gone = self.call("Page.navigate", json!({ "url": url })).await?;
        ensure!(gone.get("errorText").is_none(), "{url}: {}", gone["errorText"]);
        Ok(())
    }

    pub async fn reload(&mut self) -> Result<()> {
        // What is there now must not pass for what comes.
        self.eval("document.body.innerHTML = ''").await?;
        self.call("Page.reload", json!({})).await?;
        Ok(())
    }

    /// The value of an expression in the page; a promise is awaited.
    pub async fn eval(&mut self, expression: &str) -> Result<Value> {
        let evaluate = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let mut answer = self.call("Runtime.evaluate", evaluate).await?;
        if let Some(thrown) = answer.get("exceptionDetails") {
            bail!("{expression}: {thrown}");
        }
        Ok(answer["result"]["value"].take())
    }

    /// Looks again and again until the expression is neither false nor null, and gives that back.
    pub async fn until(&mut self, what: &str, expression: &str) -> Result<Value> {
        let deadline = Instant::now() + PATIENCE;
        let mut pace = interval(PACE);
        loop {
            pace.tick().await;
            // While a page is being exchanged there is nothing to evaluate in.
            let value = self.eval(expression).await.unwrap_or_default();
            if !matches!(value, Value::Null | Value::Bool(false)) {
                return Ok(value);
            }
            if Instant::now() > deadline {
                let shown = self.eval("document.body.innerText").await.unwrap_or_default();
                bail!("not {what} after {PATIENCE:?}; complaints: {:?}; the page shows: {shown}", self.complaints);
            }
        }
    }

    /// Clicks, with the mouse, in the middle of the element that the expression gives, once it is there and nothing
    /// lies over it.
    pub async fn click(&mut self, what: &str, element: &str) -> Result<()> {
        let middle = format!(
            "(() => {{
                const element = {element};
                if (!element) return null;
                element.scrollIntoView({{ block: 'nearest' }});
                const box = element.getBoundingClientRect();
                const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
                return element.contains(document.elementFromPoint(x, y)) ? [x, y] : null;
            }})()"
        );
        let at = self.until(what, &middle).await?;
        for kind in ["mouseMoved", "mousePressed", "mouseReleased"] {
            let event = json!({ "type": kind, "x": at[0], "y": at[1], "button": "left", "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", event).await?;
        }
        Ok(())
    }

    /// Clicks the first element of `selector` that shows exactly `text`.
    pub async fn click_text(&mut self, selector: &str, text: &str) -> Result<()> {
        let element = format!(
            "[...document.querySelectorAll({})].find((one) => one.textContent.trim() === {})",
            json!(selector),
            json!(text)
        );
        self.click(&format!("`{text}` to click on"), &element).await
    }

    /// Puts `text` in the place of what the field holds, and presses Enter.
    pub async fn fill(&mut self, selector: &str, text: &str) -> Result<()> {
        let select = format!("document.querySelector({}).select()", json!(selector));
        self.eval(&select).await?;
        self.write(text).await?;
        self.press("Enter").await
    }

    /// Shows pages as a telephone of this width does.
    pub async fn narrow(&mut self, width: u32) -> Result<()> {
        let metrics = json!({ "width": width, "height": 740, "deviceScaleFactor": 2, "mobile": true });
        self.call("Emulation.setDeviceMetricsOverride", metrics).await?;
        Ok(())
    }

    /// Writes where the focus is.
    pub async fn write(&mut self, text: &str) -> Result<()> {
        self.call("Input.insertText", json!({ "text": text })).await?;
        Ok(())
    }

    /// Presses a key that writes nothing, or Enter.
    pub async fn press(&mut self, key: &str) -> Result<()> {
        let (code, text) = match key {
            "Tab" => (9, None),
            "Enter" => (13, Some("\r")),
            " " => (32, Some(" ")),
            other => bail!("nobody has said which key {other} is"),
        };
        for kind in ["keyDown", "keyUp"] {
            let mut event = json!({ "type": kind, "key": key, "windowsVirtualKeyCode": code });
            if let (Some(text), "keyDown") = (text, kind) {
                event["text"] = json!(text);
            }
            self.call("Input.dispatchKeyEvent", event).await?;
        }
        Ok(())
    }

    async fn call(&mut self, method: &str, parameters: Value) -> Result<Value> {
        let id = self.send(method, parameters, &self.session.clone()).await?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            let message = timeout_at(deadline, self.socket.next())
                .await
                .with_context(|| format!("the browser does not answer {method}"))?
                .context("the browser has gone")??;
            let Message::Text(text) = message else { continue };
            let mut message: Value = serde_json::from_str(&text)?;
            if message["id"] == json!(id) {
                ensure!(message.get("error").is_none(), "{method}: {}", message["error"]);
                return Ok(message["result"].take());
            }
            self.notice(&message).await?;
        }
    }

    async fn send(&mut self, method: &str, parameters: Value, session: &str) -> Result<u64> {
        self.calls += 1;
        let mut message = json!({ "id": self.calls, "method": method, "params": parameters });
        if !session.is_empty() {
            message["sessionId"] = json!(session);
        }
        self.socket.send(Message::text(message.to_string())).await?;
        Ok(self.calls)
    }

    async fn notice(&mut self, event: &Value) -> Result<()> {
        let about = &event["params"];
        match event["method"].as_str().unwrap_or_default() {
            "Network.requestWillBeSent" => self.asked(&about["request"]["url"]),
            "Network.webSocketCreated" => self.asked(&about["url"]),
            "Runtime.exceptionThrown" => self.complaints.push(about["exceptionDetails"].to_string()),
            "Log.entryAdded" if about["entry"]["source"] == json!("security") => {
                self.complaints.push(about["entry"]["text"].to_string());
            }
            "Target.attachedToTarget" => {
                let worker = about["sessionId"].as_str().unwrap_or_default().to_owned();
                self.send("Network.enable", json!({}), &worker).await?;
                self.send("Runtime.runIfWaitingForDebugger", json!({}), &worker).await?;
            }
            _ => {}
        }
        Ok(())
    }

    fn asked(&mut self, url: &Value) {
        self.requests.extend(url.as_str().map(str::to_owned));
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // All of its processes: the group is its own.
        if let Some(leader) = self.process.id() {
            let _ = std::process::Command::new("kill").args(["-KILL", "--", &format!("-{leader}")]).status();
        }
    }
}

/// `CHROMIUM`, or what there is on the PATH.
#[expect(clippy::disallowed_methods, reason = "a setting of the test run, not of the product")]
fn program() -> Result<PathBuf> {
    if let Ok(named) = std::env::var("CHROMIUM") {
        return Ok(named.into());
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&folders)
        .flat_map(|folder| ["chromium", "chromium-browser", "google-chrome"].map(|name| folder.join(name)))
        .find(|path| path.is_file());
    found.context(
        "there is no Chromium for this test: install it (Debian: apt-get install chromium) or name it in CHROMIUM",
    )
}
