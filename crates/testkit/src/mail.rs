//! A mail server for tests: real conversations over TCP, and it can be told to misbehave.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// How the server answers the next message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    Accept,
    /// Answers this code to the command that starts so, or to the mail itself (`.`).
    Answer(&'static str, u16),
    /// Hangs up instead of answering it.
    HangUp(&'static str),
}

#[derive(Default)]
struct Seen {
    mails: Vec<String>,
    conversations: usize,
    /// What the client said to prove who it is.
    credentials: Vec<String>,
}

/// Takes mail for as long as it lives.
pub struct MailServer {
    port: u16,
    mood: Arc<Mutex<Mood>>,
    seen: Arc<Mutex<Seen>>,
    _serving: JoinSet<()>,
}

impl MailServer {
    pub async fn start() -> Self {
        Self::start_on("127.0.0.1").await
    }

    pub async fn start_on(ip: &str) -> Self {
        let listener = crate::must("a mail server", TcpListener::bind((ip, 0)).await.map_err(Into::into));
        let port = crate::must("its address", listener.local_addr().map_err(Into::into)).port();
        let mood = Arc::new(Mutex::new(Mood::Accept));
        let seen: Arc<Mutex<Seen>> = Arc::default();
        let mut serving = JoinSet::new();
        serving.spawn(serve(listener, mood.clone(), seen.clone()));
        Self { port, mood, seen, _serving: serving }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn mood(&self, mood: Mood) {
        *lock(&self.mood) = mood;
    }

    /// The mails it has said yes to, in the order in which they came.
    pub fn mails(&self) -> Vec<String> {
        lock(&self.seen).mails.clone()
    }

    /// How often somebody connected.
    pub fn conversations(&self) -> usize {
        lock(&self.seen).conversations
    }

    /// What clients said to prove who they are.
    pub fn credentials(&self) -> Vec<String> {
        lock(&self.seen).credentials.clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(listener: TcpListener, mood: Arc<Mutex<Mood>>, seen: Arc<Mutex<Seen>>) {
    let mut conversations = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        lock(&seen).conversations += 1;
        conversations.spawn(converse(stream, mood.clone(), seen.clone()));
    }
}

async fn converse(stream: TcpStream, mood: Arc<Mutex<Mood>>, seen: Arc<Mutex<Seen>>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 test\r\n").await.ok()?;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let command = line.get(..4)?.to_uppercase();
        if !answer(&mut stream, &mood, &command).await? {
            continue;
        }
        match command.as_str() {
            "EHLO" => stream.write_all(b"250-test\r\n250 AUTH PLAIN\r\n").await.ok()?,
            "AUTH" => {
                lock(&seen).credentials.push(line.trim_end().to_owned());
                stream.write_all(b"235 it is you\r\n").await.ok()?;
            }
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await.ok()?;
                let mut mail = String::new();
                while !mail.ends_with("\r\n.\r\n") {
                    if stream.read_line(&mut mail).await.ok()? == 0 {
                        return None;
                    }
                }
                if answer(&mut stream, &mood, ".").await? {
                    lock(&seen).mails.push(mail);
                    stream.write_all(b"250 taken\r\n").await.ok()?;
                }
            }
            "QUIT" => return stream.write_all(b"221 bye\r\n").await.ok(),
            _ => stream.write_all(b"250 fine\r\n").await.ok()?,
        }
    }
}

/// Says whether the server is well disposed; if not it has answered, or hangs up.
async fn answer(stream: &mut BufReader<TcpStream>, mood: &Mutex<Mood>, command: &str) -> Option<bool> {
    let mood = *lock(mood);
    match mood {
        Mood::Answer(at, code) if at == command => {
            stream.write_all(format!("{code} no, ada@engines.example\r\n").as_bytes()).await.ok()?;
            Some(false)
        }
        Mood::HangUp(at) if at == command => None,
        _ => Some(true),
    }
}
