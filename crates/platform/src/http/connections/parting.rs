//! How a connection ends. What a client sends and nobody reads makes the kernel reset the connection, and whoever is
//! reset may never read our last word. So it is read and thrown away, within limits, until the client has ended too.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf},
    net::TcpStream,
    sync::mpsc::UnboundedSender,
    time::timeout,
};

/// What a client may still send after our last word, and how long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parting {
    pub bytes: u64,
    pub time: Duration,
}

impl Parting {
    /// Says that nothing more comes, and throws away what still does.
    pub async fn hear_out(self, mut socket: TcpStream) {
        let heard = async {
            socket.shutdown().await?;
            tokio::io::copy(&mut socket.take(self.bytes), &mut tokio::io::sink()).await
        };
        // Whoever is gone needs no patience, and whoever does not come to an end gets no more of it.
        let _ = timeout(self.time, heard).await;
    }
}

/// A socket that is handed over when it is dropped, wherever that is: what began as a request may end as a WebSocket.
pub(super) struct Parted {
    socket: Option<TcpStream>,
    over: UnboundedSender<TcpStream>,
}

impl Parted {
    pub fn new(socket: TcpStream, over: UnboundedSender<TcpStream>) -> Self {
        Self { socket: Some(socket), over }
    }

    fn socket(self: Pin<&mut Self>) -> io::Result<Pin<&mut TcpStream>> {
        let socket = self.get_mut().socket.as_mut();
        socket.map(Pin::new).ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

impl Drop for Parted {
    fn drop(&mut self) {
        if let Some(socket) = self.socket.take() {
            // Where nobody takes it any more the process is ending, and the socket is closed at once.
            let _ = self.over.send(socket);
        }
    }
}

impl AsyncRead for Parted {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.socket()?.poll_read(context, into)
    }
}

impl AsyncWrite for Parted {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.socket()?.poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.socket()?.poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.socket()?.poll_shutdown(context)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.socket()?.poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.as_ref().is_some_and(|socket| socket.is_write_vectored())
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, routing::post};

    use super::*;
    use crate::http::connections::{
        Bounds,
        tests::{LONG, PATIENT, SHORT, closed, says, served},
    };

    /// Answers, and reads nothing of what it is sent.
    fn deaf() -> Router {
        Router::new().route("/", post(|| async { "no more of it" }))
    }

    const TELLS: &str = "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000000\r\n\r\n";

    #[tokio::test]
    async fn who_still_sends_reads_the_answer_to_its_end() {
        let mut client = says(served(PATIENT, deaf()).await, TELLS).await;
        // More than the way between them holds.
        client.write_all(&vec![0; 12 << 20]).await.expect("it is taken");
        client.shutdown().await.unwrap();
        let heard = closed(client).await;
        assert!(heard.starts_with("HTTP/1.1 200 OK\r\n") && heard.ends_with("no more of it"), "{heard}");
    }

    #[tokio::test]
    async fn who_does_not_come_to_an_end_is_cut_off() {
        let of_bytes = Parting { bytes: 1 << 20, time: Duration::from_secs(3600) };
        let of_time = Parting { bytes: u64::MAX, time: SHORT };
        for parting in [of_bytes, of_time] {
            let address = served(Bounds { parting, ..PATIENT }, deaf()).await;
            let mut client = says(address, TELLS).await;
            let cut = async { while client.write_all(&[0; 4096]).await.is_ok() {} };
            timeout(LONG, cut).await.unwrap_or_else(|_| panic!("{parting:?} has an end"));
        }
    }
}
