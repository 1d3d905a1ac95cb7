//! A closed loop: so many askers, each with one question open at a time.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

use crate::report::cpu_time;

/// Asks one question and waits for its answer.
pub trait Asker: Send + 'static {
    fn ask(&mut self) -> impl Future<Output = Result<()>> + Send;
}

/// What a load has seen so far.
#[derive(Debug, Default)]
pub struct Seen {
    pub elapsed: Duration,
    pub latencies: Vec<Duration>,
    /// Of the whole process: whoever asks is in it.
    pub cpu: Duration,
}

/// Keeps all `askers` busy for `long` and adds to `seen`.
pub async fn drive<A: Asker>(askers: Vec<A>, long: Duration, seen: &mut Seen) -> Result<Vec<A>> {
    let (started, cpu) = (Instant::now(), cpu_time("self"));
    let mut tasks = JoinSet::new();
    for mut asker in askers {
        tasks.spawn(async move {
            let mut latencies = Vec::new();
            while started.elapsed() < long {
                let asked = Instant::now();
                // In process an answer may never wait, and its asker would keep a core from the others.
                tokio::task::yield_now().await;
                asker.ask().await?;
                latencies.push(asked.elapsed());
            }
            anyhow::Ok((asker, latencies))
        });
    }
    let mut askers = Vec::new();
    for done in tasks.join_all().await {
        let (asker, latencies) = done?;
        askers.push(asker);
        seen.latencies.extend(latencies);
    }
    seen.elapsed += started.elapsed();
    seen.cpu += cpu_time("self").zip(cpu).map(|(now, then)| now - then).unwrap_or_default();
    Ok(askers)
}

/// One kept-alive connection that sends the same request again and again. It does as little as a client can, so
/// that the figures are the server's.
pub struct HttpAsker {
    stream: TcpStream,
    request: Vec<u8>,
    buffer: Vec<u8>,
}

impl HttpAsker {
    pub async fn connect(address: SocketAddr, key: &str, body: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let request = format!(
            "POST /graphql HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {key}\r\naccept: application/graphql-response+json\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        Ok(Self { stream, request: request.into_bytes(), buffer: Vec::with_capacity(64 * 1024) })
    }

    /// Reads one response and gives the place where its body begins.
    async fn read(&mut self) -> Result<usize> {
        self.buffer.clear();
        loop {
            ensure!(self.stream.read_buf(&mut self.buffer).await? > 0, "the server hung up");
            let Some(head) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
            let text = std::str::from_utf8(&self.buffer[..head])?;
            let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.context("a content-length")?.parse()?;
            while self.buffer.len() < head + 4 + length {
                ensure!(self.stream.read_buf(&mut self.buffer).await? > 0, "the server hung up");
            }
            return Ok(head + 4);
        }
    }
}

impl Asker for HttpAsker {
    async fn ask(&mut self) -> Result<()> {
        self.stream.write_all(&self.request).await?;
        let body = self.read().await?;
        let good = self.buffer.starts_with(b"HTTP/1.1 200 ") && self.buffer[body..].starts_with(b"{\"data\":{");
        ensure!(good, "{}", String::from_utf8_lossy(&self.buffer));
        Ok(())
    }
}
